/** One process per task: started with the task's directory, it outlives the control process that began it. */
export { runTask } from './run-task.ts'
