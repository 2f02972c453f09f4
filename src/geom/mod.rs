//! Planar and geodesic geometry. The only place that calls `geo` algorithms; names nothing of the field.
