"""Points that fall into the cells of a grid."""
