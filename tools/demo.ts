import { demo, say } from './demo-platform.ts'

/** `npm run demo`: sets up, starts the platform when it does not run, and runs the example as a user would. */
await demo(async (platform) => {
  await platform.runExample('examples/breast-cancer/main.py')
  say(`The platform goes on running. Next, in your own shell:
  eval "$(./sagebrush env --proxy)"                       then your SageMaker code, unchanged
  export PATH=${platform.clientsBin}:$PATH
                                                          the AWS CLI and Python that the demo used
  aws sagemaker list-training-jobs                        what was trained
  aws logs filter-log-events --log-group-name /aws/sagemaker/TrainingJobs
                                                          what it said
  npm run demo:release                                    a broken release, taken back by itself
  ./sagebrush status                                      what runs;  ./sagebrush down  stops it`)
})
