/** Under which a target is announced that should be looked at: this, and its id. */
export const SCALING_TOPIC_PREFIX = 'scalable-target/'

export function scalingTopic(targetId: string): string {
  return `${SCALING_TOPIC_PREFIX}${targetId}`
}
