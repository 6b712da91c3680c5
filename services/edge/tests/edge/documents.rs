//! The published protocol documents are true of the edge: what they refer to exists, their tables are the
//! code's, their examples fit, their defaults are the defaults, and what they promise is what a real router and
//! a real connection answer. The readable page is rendered here too.

#[path = "documents/answers.rs"]
mod answers;
#[path = "documents/asyncapi.rs"]
mod asyncapi;
#[path = "documents/calls.rs"]
mod calls;
#[path = "documents/defaults.rs"]
mod defaults;
#[path = "documents/documented_answers.rs"]
mod documented_answers;
#[path = "documents/fields.rs"]
mod fields;
#[path = "documents/openapi.rs"]
mod openapi;
#[path = "documents/page.rs"]
mod page;
#[path = "documents/reading.rs"]
mod reading;
#[path = "documents/tables.rs"]
mod tables;
#[path = "documents/worked_session.rs"]
mod worked_session;
