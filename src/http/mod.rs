//! One file per resource: routes, parameters, handlers.
