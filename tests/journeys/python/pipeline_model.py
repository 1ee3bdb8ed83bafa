"""Preprocessing and model as one PipelineModel: what the first container answers is what the second one gets."""

import tarfile
import tempfile

import boto3
import joblib
import numpy as np
import sagemaker
import sagemaker.s3
from sagemaker.deserializers import CSVDeserializer
from sagemaker.image_uris import retrieve
from sagemaker.inputs import TrainingInput
from sagemaker.pipeline import PipelineModel
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearnModel
from sklearn.preprocessing import StandardScaler

session = sagemaker.Session()
role = sagemaker.get_execution_role()
random = np.random.default_rng(7)
x = random.normal(50, 20, size=(400, 3))
y = (x[:, 0] > 50).astype(int)
scaler = StandardScaler().fit(x)
client = boto3.client("sagemaker")

with tempfile.TemporaryDirectory() as folder:
    np.savetxt(f"{folder}/train.csv", np.column_stack([y, scaler.transform(x)]), delimiter=",")
    train = session.upload_data(f"{folder}/train.csv", key_prefix="pipeline-model")
    booster = sagemaker.estimator.Estimator(
        retrieve("xgboost", session.boto_region_name, "1.7-1"),
        role,
        1,
        "ml.m5.large",
        hyperparameters={"objective": "binary:logistic", "num_round": "10"},
        sagemaker_session=session,
    )
    booster.fit({"train": TrainingInput(train, content_type="text/csv")}, logs=False)

    np.savetxt(f"{folder}/rows.csv", x, delimiter=",")
    rows = session.upload_data(f"{folder}/rows.csv", key_prefix="pipeline-model")
    joblib.dump(scaler, f"{folder}/scaler.joblib")
    with tarfile.open(f"{folder}/scaler.tar.gz", "w:gz") as archive:
        archive.add(f"{folder}/scaler.joblib", "scaler.joblib")
    with open(f"{folder}/inference.py", "w", encoding="utf-8") as file:
        file.write(
            "import joblib, os\n"
            "def model_fn(model_dir):\n"
            "    return joblib.load(os.path.join(model_dir, 'scaler.joblib'))\n"
            "def predict_fn(data, model):\n"
            "    return model.transform(data)\n"
        )
    preprocessor = SKLearnModel(
        session.upload_data(f"{folder}/scaler.tar.gz", key_prefix="pipeline-model"),
        role,
        entry_point=f"{folder}/inference.py",
        framework_version="1.2-1",
        env={"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"},
        sagemaker_session=session,
    )
    pipeline = PipelineModel(
        models=[preprocessor, booster.create_model()],
        role=role,
        predictor_cls=Predictor,
        sagemaker_session=session,
    )
    predictor = pipeline.deploy(1, "ml.m5.large", wait=False)
    transformer = pipeline.transformer(
        1,
        "ml.m5.large",
        strategy="MultiRecord",
        assemble_with="Line",
        accept="text/csv",
        max_payload=1,
        output_path=f"s3://{session.default_bucket()}/pipeline-model/batch",
    )

alone = booster.deploy(1, "ml.m5.large", wait=False)
for one in predictor, alone:
    # the SDK itself looks every half minute
    client.get_waiter("endpoint_in_service").wait(EndpointName=one.endpoint_name)
    one.serializer = CSVSerializer()
    one.deserializer = CSVDeserializer()
scores = np.array(predictor.predict(x), dtype=float).ravel()
expected = np.array(alone.predict(scaler.transform(x)), dtype=float).ravel()
# the container computes in single precision, so that a value on a tree's threshold may fall to the other side
assert np.mean(np.isclose(scores, expected, atol=1e-3)) > 0.97, np.abs(scores - expected)
print(f"pipeline accuracy {np.mean((scores > 0.5) == y):.3f}")

# the same rows as one batch: the same scores, in the same order
transformer.transform(rows, content_type="text/csv", split_type="Line", logs=False)
answer = sagemaker.s3.S3Downloader.read_file(f"{transformer.output_path}/rows.csv.out", session)
batch = np.array(answer.replace(",", "\n").split(), dtype=float)
assert np.allclose(batch, scores, atol=1e-6), np.abs(batch - scores).max()
print(f"pipeline transformed {len(batch)} rows")
predictor.delete_endpoint()
alone.delete_endpoint()
pipeline.delete_model()
