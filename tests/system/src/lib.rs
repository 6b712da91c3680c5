//! System tests against real processes.
