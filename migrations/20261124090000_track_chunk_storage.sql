-- Paths of fixes are stored as they are. Compression makes full-precision coordinates a third smaller (25 MB instead of
-- 38 MB for 1.1 million fixes) and takes three quarters of the server's work when a long track comes in.

alter table track_chunk alter column path set storage external;
