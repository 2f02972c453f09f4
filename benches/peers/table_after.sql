alter table points add primary key (id);
create index points_geom_idx on points using gist (geom);
vacuum (analyze, freeze) points;
