//! The few calls of PROJ that the `proj` crate does not offer, with their ownership made safe.
//!
//! A PROJ context belongs to one thread; everything here lives in that thread and never leaves it (`Pj` is neither
//! `Send` nor `Sync`). The network is off and nothing is logged to standard error.

use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::rc::Rc;

/// The ways of writing a definition as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// ISO 19162:2019.
    Wkt2,
    /// ISO 19162:2015, which is OGC 12-063.
    Wkt2Of2015,
    /// OGC 01-009.
    Wkt1,
    /// As ArcGIS writes it into a `.prj`.
    Esri,
}

/// A PROJ context of this thread.
#[derive(Debug)]
pub(super) struct Context(*mut proj_sys::PJ_CONTEXT);

impl Context {
    fn new() -> Option<Rc<Self>> {
        // SAFETY: creates a context of our own, checked for null, and sets two of its switches.
        let context = unsafe {
            let context = proj_sys::proj_context_create();
            if !context.is_null() {
                proj_sys::proj_context_set_enable_network(context, 0);
                proj_sys::proj_log_level(context, proj_sys::PJ_LOG_LEVEL_PJ_LOG_NONE);
            }
            context
        };
        (!context.is_null()).then(|| Rc::new(Self(context)))
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the context is ours and every object made with it holds an `Rc` to it, so this is the last use.
        unsafe { proj_sys::proj_context_destroy(self.0) };
    }
}

thread_local! {
    static CONTEXT: Option<Rc<Context>> = Context::new();
}

/// A PROJ object of this thread: a reference system, an operation, an ellipsoid.
#[derive(Debug)]
pub(super) struct Pj {
    object: *mut proj_sys::PJ,
    context: Rc<Context>,
}

impl Drop for Pj {
    fn drop(&mut self) {
        // SAFETY: the object is ours and is destroyed once, before its context.
        unsafe { proj_sys::proj_destroy(self.object) };
    }
}

/// What is to be known of an area of use: west, south, east, north in degrees.
pub(super) type Area = [f64; 4];

impl Pj {
    fn own(object: *mut proj_sys::PJ, context: &Rc<Context>) -> Option<Self> {
        (!object.is_null()).then(|| Self {
            object,
            context: Rc::clone(context),
        })
    }

    /// From an authority code or a PROJ string of our own making; never from a user's text.
    pub(super) fn create(definition: &str) -> Option<Self> {
        let definition = CString::new(definition).ok()?;
        let context = CONTEXT.with(Option::clone)?;
        // SAFETY: a living context and a C string that outlives the call.
        let object = unsafe { proj_sys::proj_create(context.0, definition.as_ptr()) };
        Self::own(object, &context)
    }

    pub(super) fn kind(&self) -> proj_sys::PJ_TYPE {
        // SAFETY: a living object.
        unsafe { proj_sys::proj_get_type(self.object) }
    }

    pub(super) fn name(&self) -> String {
        // SAFETY: PROJ gives a C string that lives as long as the object; it is copied at once.
        unsafe { text(proj_sys::proj_get_name(self.object)) }
    }

    /// The identifier as `EPSG:4490`, where the object has one.
    pub(super) fn identifier(&self) -> Option<String> {
        // SAFETY: as for `name`.
        let (authority, code) = unsafe {
            (
                text(proj_sys::proj_get_id_auth_name(self.object, 0)),
                text(proj_sys::proj_get_id_code(self.object, 0)),
            )
        };
        (!authority.is_empty() && !code.is_empty()).then(|| format!("{authority}:{code}"))
    }

    /// The definition as text; none where the dialect cannot say it.
    pub(super) fn wkt(&self, dialect: Dialect) -> Option<String> {
        let dialect = match dialect {
            Dialect::Wkt2 => proj_sys::PJ_WKT_TYPE_PJ_WKT2_2019,
            Dialect::Wkt2Of2015 => proj_sys::PJ_WKT_TYPE_PJ_WKT2_2015,
            Dialect::Wkt1 => proj_sys::PJ_WKT_TYPE_PJ_WKT1_GDAL,
            Dialect::Esri => proj_sys::PJ_WKT_TYPE_PJ_WKT1_ESRI,
        };
        let options = [c"MULTILINE=NO".as_ptr(), ptr::null()];
        // SAFETY: a living object and its context, a list that ends with null; the text is copied at once.
        let wkt = unsafe {
            text(proj_sys::proj_as_wkt(
                self.context.0,
                self.object,
                dialect,
                options.as_ptr(),
            ))
        };
        (!wkt.is_empty()).then_some(wkt)
    }

    /// The definition as PROJJSON.
    pub(super) fn projjson(&self) -> Option<String> {
        let options = [c"MULTILINE=NO".as_ptr(), ptr::null()];
        // SAFETY: as for `wkt`.
        let json = unsafe {
            text(proj_sys::proj_as_projjson(
                self.context.0,
                self.object,
                options.as_ptr(),
            ))
        };
        (!json.is_empty()).then_some(json)
    }

    pub(super) fn geodetic_crs(&self) -> Option<Self> {
        // SAFETY: a living object and its context; the result is ours.
        let object = unsafe { proj_sys::proj_crs_get_geodetic_crs(self.context.0, self.object) };
        Self::own(object, &self.context)
    }

    /// Semi-major axis in metres and inverse flattening.
    pub(super) fn ellipsoid(&self) -> Option<(f64, f64)> {
        let (mut major, mut inverse_flattening) = (0.0, 0.0);
        // SAFETY: living objects; PROJ writes the two numbers and ignores the null pointers.
        unsafe {
            let ellipsoid = Self::own(proj_sys::proj_get_ellipsoid(self.context.0, self.object), &self.context)?;
            let done = proj_sys::proj_ellipsoid_get_parameters(
                self.context.0,
                ellipsoid.object,
                &raw mut major,
                ptr::null_mut(),
                ptr::null_mut(),
                &raw mut inverse_flattening,
            );
            (done != 0).then_some((major, inverse_flattening))
        }
    }

    pub(super) fn area_of_use(&self) -> Option<Area> {
        let mut area = [0.0; 4];
        let [west, south, east, north] = &mut area;
        // SAFETY: a living object; PROJ writes the four numbers and ignores the null pointer.
        let done = unsafe {
            proj_sys::proj_get_area_of_use(self.context.0, self.object, west, south, east, north, ptr::null_mut())
        };
        (done != 0 && area.iter().all(|v| *v > -1000.0)).then_some(area)
    }

    /// Direction of the first axis as the authority has it: `east`, `north`.
    pub(super) fn first_axis(&self) -> Option<String> {
        let mut direction: *const c_char = ptr::null();
        // SAFETY: living objects; PROJ writes a C string that lives as long as the coordinate system, and it is copied
        // before that is destroyed. The null pointers are ignored.
        unsafe {
            let system = proj_sys::proj_crs_get_coordinate_system(self.context.0, self.object);
            let system = Self::own(system, &self.context)?;
            let done = proj_sys::proj_cs_get_axis_info(
                self.context.0,
                system.object,
                0,
                ptr::null_mut(),
                ptr::null_mut(),
                &raw mut direction,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            );
            (done != 0).then(|| text(direction))
        }
    }

    /// The most accurate operation from `self` to `target` whose area of use holds a place, and the same in plain axis
    /// order; none that is ballpark, none whose grids are missing or whose accuracy is not known.
    pub(super) fn best_operation(&self, target: &Self, [lon, lat]: [f64; 2]) -> Option<(Self, Self)> {
        let context = &self.context;
        let mut best: Option<(f64, Self)> = None;
        // SAFETY: factory and list are made and destroyed here; all objects live in this thread's one context.
        unsafe {
            let factory = proj_sys::proj_create_operation_factory_context(context.0, ptr::null());
            if factory.is_null() {
                return None;
            }
            proj_sys::proj_operation_factory_context_set_area_of_interest(context.0, factory, lon, lat, lon, lat);
            proj_sys::proj_operation_factory_context_set_allow_ballpark_transformations(context.0, factory, 0);
            proj_sys::proj_operation_factory_context_set_spatial_criterion(
                context.0,
                factory,
                proj_sys::PROJ_SPATIAL_CRITERION_PROJ_SPATIAL_CRITERION_PARTIAL_INTERSECTION,
            );
            proj_sys::proj_operation_factory_context_set_grid_availability_use(
                context.0,
                factory,
                proj_sys::PROJ_GRID_AVAILABILITY_USE_PROJ_GRID_AVAILABILITY_DISCARD_OPERATION_IF_MISSING_GRID,
            );
            let list = proj_sys::proj_create_operations(context.0, self.object, target.object, factory);
            proj_sys::proj_operation_factory_context_destroy(factory);
            if list.is_null() {
                return None;
            }
            for index in 0..proj_sys::proj_list_get_count(list) {
                let Some(operation) = Self::own(proj_sys::proj_list_get(context.0, list, index), context) else {
                    continue;
                };
                let Some(accuracy) = operation.accuracy() else { continue };
                let better = best.as_ref().is_none_or(|(least, _)| accuracy < *least);
                if better && !operation.is_ballpark() && operation.area_of_use().is_none_or(|a| holds(a, lon, lat)) {
                    best = Some((accuracy, operation));
                }
            }
            proj_sys::proj_list_destroy(list);
            let (_, chosen) = best?;
            let plain = proj_sys::proj_normalize_for_visualization(context.0, chosen.object);
            Self::own(plain, context).map(|plain| (chosen, plain))
        }
    }

    fn is_ballpark(&self) -> bool {
        // SAFETY: a living object and its context.
        unsafe { proj_sys::proj_coordoperation_has_ballpark_transformation(self.context.0, self.object) != 0 }
    }

    /// Metres, where PROJ knows it.
    pub(super) fn accuracy(&self) -> Option<f64> {
        // SAFETY: a living object and its context.
        let accuracy = unsafe { proj_sys::proj_coordoperation_get_accuracy(self.context.0, self.object) };
        (accuracy >= 0.0).then_some(accuracy)
    }

    /// Forward transform of x, y, z and time; `None` outside the operation's domain.
    pub(super) fn forward(&self, v: [f64; 4]) -> Option<[f64; 4]> {
        // SAFETY: a living operation; the union is read as the four numbers that PROJ always writes.
        let out = unsafe {
            proj_sys::proj_errno_reset(self.object);
            proj_sys::proj_trans(self.object, proj_sys::PJ_DIRECTION_PJ_FWD, proj_sys::PJ_COORD { v }).v
        };
        (out[0].is_finite() && out[1].is_finite()).then_some(out)
    }
}

/// Whether an area holds a place; an area may cross 180 degrees, its west then being greater than its east.
fn holds([west, south, east, north]: Area, lon: f64, lat: f64) -> bool {
    let across = if west <= east {
        (west..=east).contains(&lon)
    } else {
        lon >= west || lon <= east
    };
    across && (south..=north).contains(&lat)
}

/// A copy of a C string of PROJ's; empty for none.
///
/// # Safety
/// `pointer` is null or a C string that lives during the call.
unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        String::new()
    } else {
        // SAFETY: the caller's promise.
        unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
    }
}

/// PROJ's version and the EPSG data set's, for example `PROJ 9.6.2, EPSG v12.013`.
pub(super) fn version() -> String {
    // SAFETY: PROJ's information block is static.
    let proj = unsafe { text(proj_sys::proj_info().version) };
    let epsg = CONTEXT.with(Option::clone).map_or_else(String::new, |context| {
        let key = c"EPSG.VERSION";
        // SAFETY: a living context, a static C string, and a result that is copied at once.
        unsafe { text(proj_sys::proj_context_get_database_metadata(context.0, key.as_ptr())) }
    });
    format!("PROJ {proj}, EPSG {epsg}")
}
