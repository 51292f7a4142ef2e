//! What is said about mistakes in mappings and filters: place, path, fault and remedy, word for word.
