-- Every model that is made at the same time shares one lock on its realm's row, and pays for it. The row outlives its realm
-- by an hour, in which late writes are swept away: nothing is lost with the reference.
alter table model drop constraint model_realm_fkey;
