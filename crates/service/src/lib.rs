//! What a handler stands on: context, routes, pagination, clock, id source, audit events
