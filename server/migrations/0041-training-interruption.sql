-- what befalls the running attempt from outside, until it has ended:
-- {kind: SpotReclaimed | MachineLost | ProgramExited, attempt, exitCode}
alter table training_job add column interruption jsonb;
