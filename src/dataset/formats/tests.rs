//! Importers on small sets made here.
