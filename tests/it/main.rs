mod gpx;
