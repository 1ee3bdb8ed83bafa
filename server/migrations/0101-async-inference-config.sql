-- The endpoint's AsyncInferenceConfig when it accepted the request: who is to be told when the endpoint is deleted while
-- the request waits. Null for requests from before.
alter table async_invocation add column config jsonb;
