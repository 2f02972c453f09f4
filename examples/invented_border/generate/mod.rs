//! An invented island shared by two invented states: everything of `data/sample/astrand-veyra`, from one seed.
//!
//! The same program writes the same bytes. Start reading at [`files`].

pub mod curve;
pub mod earth;
pub mod json;
pub mod line;
pub mod marks;
pub mod noise;
pub mod paper;
pub mod records;
pub mod register;
pub mod terrain;
pub mod things;
pub mod tracks;
pub mod words;

use earth::Earth;
use line::Course;
use marks::Marker;
use terrain::Terrain;

/// All that was invented.
pub struct World {
    pub earth: Earth,
    pub terrain: Terrain,
    pub course: Course,
    pub markers: Vec<Marker>,
}

impl World {
    pub fn new() -> Self {
        let (earth, terrain) = (Earth::new(), Terrain::new());
        let course = line::draw(&earth, &terrain);
        let markers = marks::erect(&earth, &terrain, &course);
        Self {
            earth,
            terrain,
            course,
            markers,
        }
    }
}

/// Every file of the sample: its path below the sample's folder, and its text.
pub fn files(world: &World) -> Vec<(String, String)> {
    let mut all = vec![
        ("README.md".to_owned(), paper::readme(world)),
        ("FAULTS.toml".to_owned(), paper::faults(world)),
        ("border.toml".to_owned(), paper::border(world)),
        ("segments.geojson".to_owned(), register::segments(world)),
        ("boundary_points.geojson".to_owned(), register::boundary_points(world)),
        ("markers.geojson".to_owned(), register::markers(world)),
        ("islands.geojson".to_owned(), things::islands(world)),
        ("ports.geojson".to_owned(), things::ports(world)),
        ("routes.geojson".to_owned(), things::routes(world)),
        ("projects.geojson".to_owned(), things::projects(world)),
        ("base/land.geojson".to_owned(), things::land(world)),
        ("base/water.geojson".to_owned(), things::water(world)),
        ("base/river.geojson".to_owned(), things::rivers(world)),
        ("base/ridge.geojson".to_owned(), things::ridge(world)),
        ("base/towns.geojson".to_owned(), things::towns(world)),
    ];
    all.extend(records::all(world));
    let mut truth = tracks::truth_head();
    for brought in [tracks::team_a(world), tracks::team_b(world)] {
        all.push((format!("tracks/{}", brought.file), brought.gpx));
        truth.push_str(&brought.truth);
        truth.push('\n');
    }
    all.push(("tracks/TRUTH.toml".to_owned(), truth));
    all
}
