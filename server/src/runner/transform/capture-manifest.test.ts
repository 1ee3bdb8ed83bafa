import assert from 'node:assert/strict'
import test from 'node:test'
import { captureManifests } from './capture-manifest.ts'

test("manifests name what went in and came out, under the hour of the job's start", () => {
  // source: "Capture data from batch transform job"
  const manifests = captureManifests(
    {
      s3Uri: 's3://my-data-capture/',
      generatesInferenceId: false,
      startedAt: '2022-08-26T13:59:59.999Z',
      manifestName: 'task',
    },
    {
      input: { prefix: 's3://in/', names: ['dummy_0.csv', 'dummy_1.csv'] },
      output: { prefix: 's3://out/', names: ['dummy_0.csv.out', 'dummy_1.csv.out'] },
    },
  )

  assert.deepEqual(manifests, [
    {
      s3Uri: 's3://my-data-capture/input/2022/08/26/13/task.json',
      content: '[{"prefix":"s3://in/"},"dummy_0.csv","dummy_1.csv"]',
    },
    {
      s3Uri: 's3://my-data-capture/output/2022/08/26/13/task.json',
      content: '[{"prefix":"s3://out/"},"dummy_0.csv.out","dummy_1.csv.out"]',
    },
  ])
})
