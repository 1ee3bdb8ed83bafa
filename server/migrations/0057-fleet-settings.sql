-- What a fleet's endpoint configuration says beside its variants, as it was when the fleet was asked for: the
-- configuration may be deleted while the fleet serves.
alter table fleet add column settings jsonb not null default '{}';
update fleet set settings = jsonb_strip_nulls(jsonb_build_object(
  'DataCaptureConfig', config.request -> 'DataCaptureConfig'))
from endpoint join endpoint_config config on config.realm = endpoint.realm and config.region = endpoint.region
where endpoint.endpoint_id = fleet.endpoint_id and config.endpoint_config_name = fleet.endpoint_config_name;
