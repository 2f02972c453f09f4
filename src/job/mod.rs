//! The worker loop. A job calls a service function; the queue is `store::job`.
