//! One file through GDAL: the driver that was asked for, its layers, their rows.

use std::ffi::{CStr, c_char, c_int};
use std::io::Write;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use gdal::errors::CplErrType;
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags, config};
use gdal_sys::{
    OGRFeatureH, OGRFieldSubType, OGRFieldType, OGRGeometryH, OGRLayerH, OGRSpatialReferenceH, OGRwkbByteOrder,
    OGRwkbGeometryType,
};

use super::wire::{
    Broken, CellSaid, Driver, FIELDS, Frame, LAYERS, LayerSaid, Request, RowSaid, SystemSaid, TEXT_BYTES, Type,
    VERTICES, Why,
};

// By hand, because registering all would bring two hundred more, some of which open other files and addresses.
unsafe extern "C" {
    fn RegisterOGRGeoPackage();
    fn RegisterOGRShape();
    fn RegisterOGRTAB();
    fn RegisterOGRDXF();
    fn RegisterOGRFlatGeobuf();
}

/// Warnings passed on, at most.
const WARNINGS: usize = 20;
/// Degrees of one step along an arc that becomes a line.
const ARC_STEP_DEG: f64 = 0.5;

/// Settings of GDAL that close doors, in case a driver that has one comes to be registered.
const SETTINGS: &[(&str, &str)] = &[
    ("GDAL_DRIVER_PATH", "disable"),
    ("OGR_DRIVER_PATH", "disable"),
    (
        "GDAL_SKIP",
        "VRT OGR_VRT HTTP WMS WCS WFS OAPIF PDF LIBKML GMLAS LVBAG PostgreSQL MySQL ODBC",
    ),
    ("GDAL_PAM_ENABLED", "NO"),
    ("GDAL_VRT_ENABLE_PYTHON", "NO"),
    ("GDAL_VRT_ENABLE_RAWRASTERBAND", "NO"),
    ("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", ".none"),
    ("CPL_VSIL_CURL_HEADER_FILE_KVP_ENABLED", "NO"),
    ("GDAL_HTTP_TIMEOUT", "1"),
    ("PROJ_NETWORK", "OFF"),
    ("OSR_DEFAULT_AXIS_MAPPING_STRATEGY", "TRADITIONAL_GIS_ORDER"),
    ("OGR_SQLITE_LIST_VIRTUAL_OGR", "NO"),
    ("GDAL_CACHEMAX", "64"),
    ("GDAL_NUM_THREADS", "1"),
    ("CPL_TMPDIR", "."),
    ("CPL_DEBUG", "OFF"),
    // Text comes as the bytes that stand in the file; the service decides what they mean.
    ("DXF_ENCODING", "UTF-8"),
    // Inserted blocks are drawings inside the drawing; only what is drawn in place is a line of the register.
    ("DXF_INLINE_BLOCKS", "FALSE"),
];

/// Why reading ended early.
pub enum Stop {
    Failed(Why, Vec<u8>),
    Broken(Broken),
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

fn failed(why: Why, text: impl Into<Vec<u8>>) -> Stop {
    Stop::Failed(why, text.into())
}

/// What GDAL complained of.
#[derive(Clone, Default)]
struct Complaints(Arc<Mutex<(Vec<String>, usize)>>);

impl Complaints {
    fn listen(&self) {
        let heard = self.clone();
        config::set_error_handler(move |kind, _, text| {
            if matches!(kind, CplErrType::Warning | CplErrType::Failure | CplErrType::Fatal) {
                let mut heard = heard.0.lock().unwrap_or_else(PoisonError::into_inner);
                let text: String = text.chars().take(500).collect();
                if heard.0.len() < WARNINGS && !heard.0.contains(&text) {
                    heard.0.push(text);
                }
            }
        });
    }

    /// Those not told yet.
    fn new_ones(&self) -> Vec<String> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told = heard.1;
        heard.1 = heard.0.len();
        heard.0[told..].to_vec()
    }

    fn last(&self) -> String {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.0.last().cloned().unwrap_or_default()
    }
}

/// Reads the file that is asked for and sends its layers and rows.
///
/// # Errors
/// What is wrong with the file, or that the answer cannot be sent.
pub fn read(request: &Request, out: &mut impl Write) -> Result<(), Stop> {
    // A name of our own making: no folder, no address, no connection string.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !request.file.bytes().all(plain) || request.file.starts_with('.') {
        return Err(failed(Why::Internal, "the file has a name that is none"));
    }
    let internal = |fault: gdal::errors::GdalError| failed(Why::Internal, fault.to_string());
    for (key, value) in SETTINGS {
        config::set_config_option(key, value).map_err(internal)?;
    }
    let yes_or_no = if request.restore_index { "YES" } else { "NO" };
    config::set_config_option("SHAPE_RESTORE_SHX", yes_or_no).map_err(internal)?;
    // A Shapefile has its parts beside it; the others are alone, and nothing else need be looked at.
    let beside = if matches!(request.driver, Driver::Shapefile | Driver::MapInfo) {
        "TRUE"
    } else {
        "EMPTY_DIR"
    };
    config::set_config_option("GDAL_DISABLE_READDIR_ON_OPEN", beside).map_err(internal)?;
    let complaints = Complaints::default();
    complaints.listen();
    DriverManager::prevent_auto_registration();
    let name = register(request.driver);
    let mut options: Vec<&str> = Vec::new();
    if request.driver == Driver::Shapefile {
        options.push("ENCODING=");
    }
    let data = Dataset::open_ex(
        &request.file,
        DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_READONLY,
            allowed_drivers: Some(&[name]),
            open_options: Some(&options),
            sibling_files: None,
        },
    )
    .map_err(|fault| {
        let said = complaints.last();
        failed(Why::Malformed, if said.is_empty() { fault.to_string() } else { said })
    })?;
    let layers = layers(&data, request.driver, out)?;
    tell(&complaints, out)?;
    Frame::Rows.send(out)?;
    if !request.rows {
        return Ok(());
    }
    for (number, layer) in (0..).zip(&layers) {
        if request.layers.is_empty() || request.layers.contains(&number) {
            rows(number, layer, out, &complaints)?;
            tell(&complaints, out)?;
        }
    }
    Ok(())
}

/// Registers one driver and gives its name.
fn register(driver: Driver) -> &'static str {
    // SAFETY: functions of libgdal without arguments, called once from the only thread.
    unsafe {
        match driver {
            Driver::GeoPackage => {
                RegisterOGRGeoPackage();
                "GPKG"
            }
            Driver::Shapefile => {
                RegisterOGRShape();
                "ESRI Shapefile"
            }
            Driver::MapInfo => {
                RegisterOGRTAB();
                "MapInfo File"
            }
            Driver::Dxf => {
                RegisterOGRDXF();
                "DXF"
            }
            Driver::FlatGeobuf => {
                RegisterOGRFlatGeobuf();
                "FlatGeobuf"
            }
        }
    }
}

fn tell(complaints: &Complaints, out: &mut impl Write) -> Result<(), Broken> {
    for text in complaints.new_ones() {
        Frame::Warning(text.as_bytes()).send(out)?;
    }
    Ok(())
}

/// A layer of the open file; lives as long as that.
struct Layer<'a> {
    handle: OGRLayerH,
    kinds: Vec<OGRFieldType::Type>,
    flags: Vec<bool>,
    _of: &'a Dataset,
}

/// # Safety
/// `text` is null or a string of libgdal that lives while it is copied.
unsafe fn bytes(text: *const c_char) -> Vec<u8> {
    if text.is_null() {
        return Vec::new();
    }
    // SAFETY: not null, and the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
}

/// # Safety
/// As [`bytes`].
unsafe fn string(text: *const c_char) -> String {
    // SAFETY: the caller's promise.
    String::from_utf8_lossy(&unsafe { bytes(text) }).into_owned()
}

fn layers<'a>(data: &'a Dataset, driver: Driver, out: &mut impl Write) -> Result<Vec<Layer<'a>>, Stop> {
    // SAFETY: the dataset is open while `data` lives; handles of layers and definitions belong to it and are not kept
    // longer. Names are copied at once.
    unsafe {
        let count = gdal_sys::GDALDatasetGetLayerCount(data.c_dataset());
        if usize::try_from(count).unwrap_or(0) > LAYERS {
            return Err(failed(Why::TooLarge, format!("{count} layers; the limit is {LAYERS}")));
        }
        let mut layers = Vec::new();
        for number in 0..count {
            let handle = gdal_sys::GDALDatasetGetLayer(data.c_dataset(), number);
            if handle.is_null() {
                return Err(failed(Why::Malformed, format!("layer {} cannot be opened", number + 1)));
            }
            let name = bytes(gdal_sys::OGR_L_GetName(handle));
            // What a drawing keeps to be inserted is not drawn.
            if driver == Driver::Dxf && name == b"blocks" {
                continue;
            }
            let definition = gdal_sys::OGR_L_GetLayerDefn(handle);
            let fields = gdal_sys::OGR_FD_GetFieldCount(definition);
            if usize::try_from(fields).unwrap_or(0) > FIELDS {
                return Err(failed(Why::TooLarge, format!("{fields} fields; the limit is {FIELDS}")));
            }
            let (mut said, mut kinds, mut flags) = (Vec::new(), Vec::new(), Vec::new());
            for at in 0..fields {
                let field = gdal_sys::OGR_FD_GetFieldDefn(definition, at);
                let kind = gdal_sys::OGR_Fld_GetType(field);
                let flag = gdal_sys::OGR_Fld_GetSubType(field) == OGRFieldSubType::OFSTBoolean;
                said.push((bytes(gdal_sys::OGR_Fld_GetNameRef(field)), field_type(kind, flag)));
                kinds.push(kind);
                flags.push(flag);
            }
            let declared = gdal_sys::OGR_L_GetGeomType(handle);
            let geometry = if declared == OGRwkbGeometryType::wkbNone {
                String::new()
            } else {
                kind_name(declared)
            };
            let features = gdal_sys::OGR_L_GetFeatureCount(handle, 1);
            let frame = Frame::Layer(LayerSaid {
                name,
                geometry,
                features: u64::try_from(features).ok(),
                system: system(gdal_sys::OGR_L_GetSpatialRef(handle)),
                id: bytes(gdal_sys::OGR_L_GetFIDColumn(handle)),
                fields: said,
            });
            frame.send(out)?;
            layers.push(Layer {
                handle,
                kinds,
                flags,
                _of: data,
            });
        }
        Ok(layers)
    }
}

fn field_type(kind: OGRFieldType::Type, flag: bool) -> Type {
    match kind {
        OGRFieldType::OFTInteger if flag => Type::Flag,
        OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64 => Type::Integer,
        OGRFieldType::OFTReal => Type::Real,
        OGRFieldType::OFTDate => Type::Date,
        OGRFieldType::OFTDateTime => Type::Time,
        OGRFieldType::OFTBinary => Type::Other,
        _ => Type::Text,
    }
}

/// The plain name of a kind, such as `LineString`; heights and measures are no kinds of their own here.
fn kind_name(kind: OGRwkbGeometryType::Type) -> String {
    // SAFETY: a function of a number; the name is static.
    let name = unsafe { string(gdal_sys::OGRGeometryTypeToName(gdal_sys::OGR_GT_Flatten(kind))) };
    name.replace(' ', "")
}

/// What a layer says of its system: its code where it has one or where GDAL finds the one that it must be.
///
/// # Safety
/// `of` is null or the system of an open layer.
unsafe fn system(of: OGRSpatialReferenceH) -> Option<SystemSaid> {
    if of.is_null() {
        return None;
    }
    // SAFETY: a system of an open layer; a copy is changed and released, strings are copied and released.
    unsafe {
        let copy = gdal_sys::OSRClone(of);
        // Heights are another system's; what is left is where a thing is on the map.
        gdal_sys::OSRStripVertical(copy);
        let mut code = authority(copy);
        if code.is_empty() && gdal_sys::OSRAutoIdentifyEPSG(copy) == gdal_sys::OGRErr::OGRERR_NONE {
            code = authority(copy);
        }
        if code.is_empty() {
            code = best_match(copy);
        }
        let mut name = string(gdal_sys::OSRGetName(copy));
        if name.is_empty() || name == "unnamed" {
            // What MapInfo describes has no name, but its datum does.
            let node = c"DATUM".as_ptr();
            name = string(gdal_sys::OSRGetAttrValue(copy, node, 0));
        }
        let mut text: *mut c_char = ptr::null_mut();
        let wkt = if gdal_sys::OSRExportToWkt(copy, &raw mut text) == gdal_sys::OGRErr::OGRERR_NONE {
            string(text)
        } else {
            String::new()
        };
        gdal_sys::VSIFree(text.cast());
        gdal_sys::OSRRelease(copy);
        Some(SystemSaid {
            code,
            name,
            wkt: wkt.chars().take(TEXT_BYTES / 4).collect(),
        })
    }
}

/// # Safety
/// `of` is a system.
unsafe fn authority(of: OGRSpatialReferenceH) -> String {
    // SAFETY: the caller's promise; the strings belong to the system and are copied.
    unsafe {
        let name = string(gdal_sys::OSRGetAuthorityName(of, ptr::null()));
        let code = string(gdal_sys::OSRGetAuthorityCode(of, ptr::null()));
        if name.is_empty() || code.is_empty() {
            String::new()
        } else {
            format!("{name}:{code}")
        }
    }
}

/// The code of the one system that says the same as this, as with the .prj of other software, which name no codes.
///
/// # Safety
/// `of` is a system.
unsafe fn best_match(of: OGRSpatialReferenceH) -> String {
    // From GDAL's documentation of OSRFindMatches: 90 is equivalent but for names, 100 the same.
    const SURE: c_int = 90;
    // SAFETY: the list and its confidences are GDAL's, `count` long, read before they are freed.
    unsafe {
        let (mut count, mut confidences): (c_int, *mut c_int) = (0, ptr::null_mut());
        let matches = gdal_sys::OSRFindMatches(of, ptr::null_mut(), &raw mut count, &raw mut confidences);
        let mut code = String::new();
        if !matches.is_null() && !confidences.is_null() && count > 0 {
            let sure = |at: usize| *confidences.add(at) >= SURE;
            // Two that are as sure are none.
            let only = count == 1 || *confidences > *confidences.add(1);
            if sure(0) && only {
                code = authority(*matches);
            }
        }
        if !matches.is_null() {
            gdal_sys::OSRFreeSRSArray(matches);
        }
        gdal_sys::VSIFree(confidences.cast());
        code
    }
}

/// A feature, freed when it goes.
struct Feature(OGRFeatureH);

impl Drop for Feature {
    fn drop(&mut self) {
        // SAFETY: came from OGR_L_GetNextFeature and is freed once.
        unsafe { gdal_sys::OGR_F_Destroy(self.0) };
    }
}

fn rows(number: u32, layer: &Layer<'_>, out: &mut impl Write, complaints: &Complaints) -> Result<(), Stop> {
    let mut texts: Vec<Vec<u8>> = Vec::new();
    let mut wkb = Vec::new();
    // SAFETY: the layer belongs to an open dataset; each feature lives until the end of its round.
    unsafe {
        gdal_sys::OGR_L_ResetReading(layer.handle);
        gdal_sys::CPLErrorReset();
        loop {
            let handle = gdal_sys::OGR_L_GetNextFeature(layer.handle);
            if handle.is_null() {
                break;
            }
            let feature = Feature(handle);
            texts.clear();
            for (at, (kind, flag)) in (0..).zip(layer.kinds.iter().zip(&layer.flags)) {
                texts.push(text(&feature, at, *kind, *flag));
            }
            let cells = (0..)
                .zip(layer.kinds.iter().zip(&layer.flags))
                .zip(&texts)
                .map(|((at, (kind, flag)), text)| cell(&feature, at, *kind, *flag, text))
                .collect();
            let kind = geometry(gdal_sys::OGR_F_GetGeometryRef(feature.0), &mut wkb)?;
            let frame = Frame::Row(RowSaid {
                layer: number,
                id: gdal_sys::OGR_F_GetFID(feature.0),
                cells,
                kind: kind.as_bytes(),
                wkb: &wkb,
            });
            frame.send(out)?;
        }
        if gdal_sys::CPLGetLastErrorType() == gdal_sys::CPLErr::CE_Failure {
            return Err(failed(Why::Malformed, complaints.last()));
        }
    }
    Ok(())
}

/// # Safety
/// The feature is alive and has a field of this number.
unsafe fn is_null(feature: &Feature, at: c_int) -> bool {
    // SAFETY: the caller's promise.
    unsafe { gdal_sys::OGR_F_IsFieldSetAndNotNull(feature.0, at) == 0 }
}

/// The text of a field that is sent as text; of dates and times as RFC 3339.
///
/// # Safety
/// As [`is_null`].
unsafe fn text(feature: &Feature, at: c_int, kind: OGRFieldType::Type, flag: bool) -> Vec<u8> {
    // SAFETY: the caller's promise; the string is copied before the next call.
    unsafe {
        if is_null(feature, at) {
            return Vec::new();
        }
        match field_type(kind, flag) {
            Type::Text => {
                let mut text = bytes(gdal_sys::OGR_F_GetFieldAsString(feature.0, at));
                text.truncate(TEXT_BYTES);
                text
            }
            Type::Date | Type::Time => moment(feature, at, kind == OGRFieldType::OFTDateTime),
            _ => Vec::new(),
        }
    }
}

/// # Safety
/// As [`is_null`].
unsafe fn moment(feature: &Feature, at: c_int, with_time: bool) -> Vec<u8> {
    let (mut year, mut month, mut day, mut hour, mut minute, mut zone) = (0, 0, 0, 0, 0, 0);
    let mut second = 0_f32;
    // SAFETY: the caller's promise; the pointers are to live numbers.
    let known = unsafe {
        gdal_sys::OGR_F_GetFieldAsDateTimeEx(
            feature.0,
            at,
            &raw mut year,
            &raw mut month,
            &raw mut day,
            &raw mut hour,
            &raw mut minute,
            &raw mut second,
            &raw mut zone,
        )
    };
    if known == 0 {
        return Vec::new();
    }
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    if with_time {
        // GDAL keeps milliseconds in 32 bits; more digits would be noise.
        let whole = second.fract() == 0.0;
        let second = if whole {
            format!("{second:02.0}")
        } else {
            format!("{second:06.3}")
        };
        text.push_str(&format!("T{hour:02}:{minute:02}:{second}"));
        match zone {
            // 0 is unknown, 1 is local time, 100 is UTC, each step from there a quarter of an hour.
            0 | 1 => {}
            100 => text.push('Z'),
            zone => {
                let minutes = (zone - 100) * 15;
                let sign = if minutes < 0 { '-' } else { '+' };
                text.push_str(&format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60));
            }
        }
    }
    text.into_bytes()
}

/// # Safety
/// As [`is_null`].
unsafe fn cell<'t>(feature: &Feature, at: c_int, kind: OGRFieldType::Type, flag: bool, text: &'t [u8]) -> CellSaid<'t> {
    // SAFETY: the caller's promise.
    unsafe {
        if is_null(feature, at) {
            return CellSaid::Null;
        }
        match field_type(kind, flag) {
            Type::Flag => CellSaid::Flag(gdal_sys::OGR_F_GetFieldAsInteger(feature.0, at) != 0),
            Type::Integer => CellSaid::Integer(gdal_sys::OGR_F_GetFieldAsInteger64(feature.0, at)),
            Type::Real => CellSaid::Real(gdal_sys::OGR_F_GetFieldAsDouble(feature.0, at)),
            Type::Text | Type::Date | Type::Time => CellSaid::Text(text),
            Type::Other => CellSaid::Null,
        }
    }
}

/// Puts a geometry's ISO WKB into `wkb` and gives the name of its kind. Arcs become lines; of kinds that no record has
/// (collections, surfaces) only the name is given.
///
/// # Safety
/// `geometry` is null or belongs to a feature that is alive.
unsafe fn geometry(geometry: OGRGeometryH, wkb: &mut Vec<u8>) -> Result<String, Stop> {
    wkb.clear();
    // SAFETY: the caller's promise; the linear copy is freed here, the buffer is as long as GDAL says it must be.
    unsafe {
        if geometry.is_null() || gdal_sys::OGR_G_IsEmpty(geometry) != 0 {
            return Ok(String::new());
        }
        let kind = gdal_sys::OGR_GT_Flatten(gdal_sys::OGR_G_GetGeometryType(geometry));
        let arcs = gdal_sys::OGR_GT_IsNonLinear(kind) != 0;
        let linear = if arcs {
            gdal_sys::OGR_G_GetLinearGeometry(geometry, ARC_STEP_DEG, ptr::null_mut())
        } else {
            geometry
        };
        if linear.is_null() {
            return Err(failed(Why::Malformed, "an arc cannot be drawn as a line"));
        }
        let simple = gdal_sys::OGR_GT_Flatten(gdal_sys::OGR_G_GetGeometryType(linear));
        let written = if matches!(
            simple,
            OGRwkbGeometryType::wkbPoint
                | OGRwkbGeometryType::wkbLineString
                | OGRwkbGeometryType::wkbPolygon
                | OGRwkbGeometryType::wkbMultiPoint
                | OGRwkbGeometryType::wkbMultiLineString
                | OGRwkbGeometryType::wkbMultiPolygon
        ) {
            write(linear, wkb)
        } else {
            Ok(())
        };
        if arcs {
            gdal_sys::OGR_G_DestroyGeometry(linear);
        }
        written.map(|()| kind_name(kind))
    }
}

/// # Safety
/// `geometry` is alive.
unsafe fn write(geometry: OGRGeometryH, wkb: &mut Vec<u8>) -> Result<(), Stop> {
    // SAFETY: the caller's promise; the buffer is as long as GDAL says it must be.
    unsafe {
        let size = usize::try_from(gdal_sys::OGR_G_WkbSize(geometry)).unwrap_or(usize::MAX);
        // A position with height and measure has 32 bytes.
        if size > VERTICES * 32 {
            return Err(failed(
                Why::TooLarge,
                format!("a geometry of {size} bytes; the limit is {VERTICES} positions"),
            ));
        }
        wkb.resize(size, 0);
        let result = gdal_sys::OGR_G_ExportToIsoWkb(geometry, OGRwkbByteOrder::wkbNDR, wkb.as_mut_ptr());
        if result == gdal_sys::OGRErr::OGRERR_NONE {
            Ok(())
        } else {
            Err(failed(Why::Malformed, "a geometry cannot be written out"))
        }
    }
}
