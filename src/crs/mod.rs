//! Reference systems, operations between them and their accuracy. The only place that names `proj`.
