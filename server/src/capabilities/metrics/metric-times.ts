/**
 * The times that a request is about.
 * @param refuse what the operation calls a value that it does not take
 */
export function readTimes(
  {
    StartTime: startTime,
    EndTime: endTime,
  }: { StartTime: Date | undefined; EndTime: Date | undefined },
  refuse: (message: string) => Error,
): { startTime: Date; endTime: Date } {
  if (!startTime || !endTime) throw refuse('The parameters StartTime and EndTime are required.')
  if (startTime.getTime() === endTime.getTime()) {
    throw refuse('The parameter StartTime must not equal parameter EndTime.')
  }
  if (startTime > endTime) {
    throw refuse('The parameter StartTime must be less than the parameter EndTime.')
  }
  return { startTime, endTime }
}
