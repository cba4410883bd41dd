//! A project may come from anyone. Its database is read only where it holds what this program makes, and nothing that would act by
//! itself.

use super::schema;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::collections::BTreeMap;

/// Closes what a schema could do by itself: no trigger fires, nothing in it calls a function with side effects, and no statement can
/// change it but by the usual ways.
pub fn harden(db: &Connection) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    db.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")
}

/// The first thing in which the schema of a database of this format is not ours, in words.
pub fn difference(db: &Connection, version: u32) -> rusqlite::Result<Option<String>> {
    let wanted = ours(version)?;
    let found = objects(db)?;
    for ((kind, name), sql) in &found {
        if !wanted.contains_key(&(kind.clone(), name.clone())) && !is_statistics(kind, name, sql) {
            return Ok(Some(format!("it holds the {kind} “{name}”")));
        }
    }
    for ((kind, name), sql) in &wanted {
        match found.get(&(kind.clone(), name.clone())) {
            None => return Ok(Some(format!("it lacks the {kind} “{name}”"))),
            Some(other) if other != sql => return Ok(Some(format!("its {kind} “{name}” is another one"))),
            Some(_) => {}
        }
    }
    Ok(None)
}

/// Kind and name of each object, with the statement that makes it.
type Objects = BTreeMap<(String, String), String>;

/// The schema that this program makes for a format.
fn ours(version: u32) -> rusqlite::Result<Objects> {
    let mut db = Connection::open_in_memory()?;
    let steps = schema::MIGRATIONS.len().min(version as usize);
    schema::migrate(&mut db, &schema::MIGRATIONS[..steps])?;
    objects(&db)
}

fn objects(db: &Connection) -> rusqlite::Result<Objects> {
    // The indices behind primary keys and UNIQUE have no statement: their tables' have them.
    let mut query = db.prepare("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL OR type <> 'index'")?;
    let rows = query.query_map([], |row| {
        let sql: Option<String> = row.get(2)?;
        Ok(((row.get(0)?, row.get(1)?), plain(&sql.unwrap_or_default())))
    })?;
    rows.collect()
}

/// What `ANALYZE` leaves: counts for the choice of indices.
fn is_statistics(kind: &str, name: &str, sql: &str) -> bool {
    let known = [
        ("sqlite_stat1", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"),
        ("sqlite_stat4", "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)"),
    ];
    kind == "table" && known.contains(&(name, sql))
}

/// A statement without its comments, every run of blanks as one: words about a column may be mended. In ours no quotes hold blanks.
fn plain(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let (mut quoted, mut letters) = (false, sql.chars().peekable());
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            quoted = !quoted;
        }
        if !quoted && letter == '-' && letters.peek() == Some(&'-') {
            letters.by_ref().find(|l| *l == '\n');
            out.push(' ');
        } else {
            out.push(letter);
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blanks_do_not_count_and_everything_else_does() {
        let sql = "CREATE TABLE a (b TEXT,   -- a word, 'quoted'\n  c TEXT CHECK (c IN ('x', 'y')))";
        assert_eq!(plain(sql), "CREATE TABLE a (b TEXT, c TEXT CHECK (c IN ('x', 'y')))");
        assert_ne!(plain(sql), plain(&sql.replace("'y'", "'--\n'")));
        assert_ne!(plain(sql), plain(&sql.replace("b TEXT", "b TEXT DEFAULT 1")));
    }

    #[test]
    fn every_format_of_ours_is_known_and_an_analysed_one_too() {
        for version in 1..=schema::VERSION {
            let mut db = Connection::open_in_memory().unwrap();
            schema::migrate(&mut db, &schema::MIGRATIONS[..version as usize]).unwrap();
            assert_eq!(difference(&db, version).unwrap(), None);
            db.execute_batch("INSERT INTO settings VALUES ('a', 'b'); ANALYZE;")
                .unwrap();
            assert_eq!(difference(&db, version).unwrap(), None);
            db.execute_batch("DROP INDEX boxes_of_picture").unwrap();
            assert!(difference(&db, version).unwrap().unwrap().contains("boxes_of_picture"));
        }
    }
}
