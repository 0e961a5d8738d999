-- SPDX-License-Identifier: Apache-2.0
-- How the rows of a partition are written.  1: texts as they are.  2: a text
-- that comes again is a number, of the partition's own table dict_NNNNNN, and
-- shown_NNNNNN is a view with the texts; one index of time and id in place of
-- two.  The views over all partitions show texts either way.

ALTER TABLE partition ADD COLUMN shape INTEGER NOT NULL DEFAULT 1;
