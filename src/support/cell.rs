//! Cells of tables that spreadsheets open.

/// Whether a spreadsheet would take a cell for a formula and compute it.
pub fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::is_formula;

    #[test]
    fn what_begins_like_one_is_one() {
        assert!(["=cmd()", "+1", "-1", "@sum", "\tx", "\rx"].into_iter().all(is_formula));
        assert!(!["", "a=b", "'=x", "1-2"].into_iter().any(is_formula));
    }
}
