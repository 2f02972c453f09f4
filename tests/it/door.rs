//! The door: what a peer may hold and for how long, what is shed when the house is full, and encryption.

mod hostile;
mod house;
mod limits;
mod shed;
mod tls;
