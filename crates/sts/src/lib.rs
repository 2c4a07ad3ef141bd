//! The operations of AWS Security Token Service
