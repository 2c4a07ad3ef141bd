//! Facts about AWS: services, actions, resource types, condition keys and managed policies
