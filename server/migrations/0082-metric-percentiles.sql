-- How many values are not above each of `distinct_values`: a percentile is found by one binary search. Null where
-- `distinct_values` is, and in rows that were written before this column came.
alter table metric_point add column counts_up_to double precision[];

-- These are merged with every batch of samples and read by the thousand: to compress them each time took two thirds
-- of a write, and to decompress them most of a read.
alter table metric_point
  alter column distinct_values set storage external,
  alter column value_counts set storage external,
  alter column counts_up_to set storage external;
