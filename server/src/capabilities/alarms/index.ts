/**
 * CloudWatch alarms: metric and composite ones, evaluated on the platform's clock, with history and actions.
 * Who decides by alarms reads them by `readAlarms`, or has them evaluated at once by `settleAlarms`; each change
 * announces the alarm's ARN. What alarms do is done by `AlarmActionRunner`s, which `superviseAlarms` is given.
 */
import type * as cloudwatch from '@aws-sdk/client-cloudwatch'
import type { RequestScope } from '../../platform/scope.ts'
import type { HandlersOf } from '../../wire/handler.ts'
import { describeAlarms, describeAlarmsForMetric } from './alarm-description.operations.ts'
import { describeAlarmHistory } from './alarm-history.operations.ts'
import {
  deleteAlarms,
  disableAlarmActions,
  enableAlarmActions,
  setAlarmState,
} from './alarm-state.operations.ts'
import { putCompositeAlarm } from './composite-alarm.operations.ts'
import { putMetricAlarm } from './metric-alarm.operations.ts'

export type { AlarmState } from './alarm.states.ts'
export { type AlarmReading, type AlarmSight, alarmArn } from './alarm.ts'
export type { AlarmActionRequest, AlarmActionRunner } from './alarm-action.ts'
export { forgetAlarmHistory } from './alarm-history.operations.ts'
export { superviseAlarms } from './alarm-supervisor.ts'
export { alarmExists } from './alarm-tags.ts'
export { readAlarmsByAction } from './alarms-by-action.ts'
export { type AlarmWriter, deleteManagedAlarms, putManagedAlarm } from './put-alarm.ts'
export { readAlarms, settleAlarms } from './settle-alarms.ts'

export const alarmOperations = {
  PutMetricAlarm: putMetricAlarm,
  PutCompositeAlarm: putCompositeAlarm,
  DescribeAlarms: describeAlarms,
  DescribeAlarmsForMetric: describeAlarmsForMetric,
  DescribeAlarmHistory: describeAlarmHistory,
  EnableAlarmActions: enableAlarmActions,
  DisableAlarmActions: disableAlarmActions,
  SetAlarmState: setAlarmState,
  DeleteAlarms: deleteAlarms,
} satisfies HandlersOf<typeof cloudwatch, RequestScope>
