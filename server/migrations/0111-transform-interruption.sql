-- What befalls the job from outside, when it is made to: its machine is lost, or its container's program ends.
alter table transform_job add column interruption jsonb;
