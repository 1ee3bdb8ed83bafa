-- During a deployment two fleets serve at once: a route names fleets with their shares, where it named one
-- configuration and its variants.
update endpoint_route set route =
  (route - 'endpointConfigName' - 'variants') || jsonb_build_object(
    'realm', life,
    'fleets', jsonb_build_array(jsonb_build_object(
      'generation', coalesce((
        select max(fleet.generation) from fleet join endpoint using (endpoint_id)
        where fleet.stage = 'Serving' and endpoint.realm = life
          and endpoint.endpoint_arn = route ->> 'endpointArn'), 0),
      'endpointConfigName', route -> 'endpointConfigName',
      'share', 1,
      'variants', route -> 'variants')))
where route ? 'variants';
