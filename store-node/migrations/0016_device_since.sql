-- Since when a device is in the health that it is in: one that stays down is an alarm.
ALTER TABLE device_state ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE device_state SET since = heard;
