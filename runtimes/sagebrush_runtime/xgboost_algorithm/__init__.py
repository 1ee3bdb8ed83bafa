"""XGBoost as a built-in algorithm: training and serving without a program of the user's.

Facts (names, ranges, texts, file names) are those of aws/sagemaker-xgboost-container.
"""
