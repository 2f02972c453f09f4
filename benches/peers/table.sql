-- The points as a plain PostGIS table, keyed and indexed as one would: what the peers serve.
create table points (
    id bigint not null,
    number text not null,
    section text,
    printed_lat text,
    printed_lon text,
    sigma_m double precision,
    geom geometry(Point, 4326) not null
);
copy points (id, number, section, printed_lat, printed_lon, sigma_m, geom) from stdin;
