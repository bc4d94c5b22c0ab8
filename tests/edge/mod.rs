//! The edge, over real sockets, in front of a small service of the tests' own.

mod answers;
mod bodies;
mod draining;
mod gate;
mod heads;
mod limits;
mod line;
mod log;
mod overload;
mod probes;
