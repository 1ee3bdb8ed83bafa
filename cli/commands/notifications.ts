import { parseArgs } from 'node:util'
import { type Command, print, printJson, UsageError } from '../command.ts'
import {
  configFor,
  DATA_DIR_HELP,
  DATA_DIR_OPTION,
  requireControl,
} from '../installation-options.ts'

interface Answer {
  readonly notifications: readonly {
    readonly topicArn: string
    readonly region: string
    readonly createdAt: string
    readonly message: Readonly<Record<string, unknown>>
  }[]
}

export const notifications: Command = {
  usage: '[--topic ARN] [--limit N] [--json]',
  summary: 'what asynchronous endpoints told their topics',
  help: `The latest notifications, oldest first, as their SNS topics would have got them: nothing delivers
them here yet. A topic is named in AsyncInferenceConfig.OutputConfig.NotificationConfig.

  --topic ARN      only those of one topic
  --limit N        how many (100)
  --json           {"notifications": [{"topicArn", "region", "createdAt", "message"}]}
${DATA_DIR_HELP}

Example:
  ./sagebrush notifications --topic arn:aws:sns:us-east-1:123456789012:done --json`,
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...DATA_DIR_OPTION,
        topic: { type: 'string' },
        limit: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
    const limit = values.limit === undefined ? undefined : Number(values.limit)
    if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
      throw new UsageError(`'${values.limit}' is no whole number from 1 on: give --limit 20, say`)
    }
    const { dataDir } = configFor(values)
    const answer = await requireControl<Answer>(dataDir, 'POST', {
      url: '/notifications',
      body: { ...(values.topic !== undefined && { topicArn: values.topic }), limit },
    })
    if (values.json) printJson(answer)
    else if (answer.notifications.length === 0) print('no notification so far')
    else for (const one of answer.notifications) print(lineOf(one))
    return 0
  },
}

function lineOf({ topicArn, createdAt, message }: Answer['notifications'][number]): string {
  const { eventName, invocationStatus, inferenceId, failureReason } = message
  const topic = topicArn.split(':').at(-1)
  const what = [invocationStatus ?? eventName, inferenceId, failureReason].filter(Boolean)
  return `${createdAt}  ${topic}  ${what.join('  ')}`
}
