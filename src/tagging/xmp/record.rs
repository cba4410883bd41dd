//! What we wrote, recorded in a namespace of our own, so that it can be taken away again.
//!
//! `patchlight:tags` holds the tags with tagger, date and probability. `patchlight:added*` hold the very keywords that we added to a
//! field; a keyword that was there before is not among them. `patchlight:emptyBefore` names fields that existed without a keyword,
//! `patchlight:createdSidecar` says that the file is ours.

use super::document::Document;
use super::fault::Fault;
use super::keywords::FIELDS;
use super::names::{OWN, escape};
use super::rdf::{self, Place, Value};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// A tag that a tagger or a person gave, as a sidecar records it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordedTag {
    /// The label, levels joined with `/`.
    pub label: String,
    /// Probability with four decimals; empty where a person gave it.
    pub probability: String,
    /// The tagger's name; `by hand` where a person gave it.
    pub tagger: String,
    /// The tagger's version; may be empty.
    pub version: String,
    /// When it was first written so, RFC 3339 in UTC.
    pub date: String,
}

impl RecordedTag {
    fn without_date(&self) -> [&str; 4] {
        [&self.label, &self.probability, &self.tagger, &self.version]
    }
}

/// All that a sidecar says about us.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The tags.
    pub tags: Vec<RecordedTag>,
    /// Keywords that we added, by field.
    pub added: [Vec<String>; 3],
    /// Fields that existed without a keyword before us.
    pub empty_before: [bool; 3],
    /// Whether we made the file.
    pub created: bool,
}

impl Record {
    /// Reads what the document says, and where it says it.
    ///
    /// # Errors
    /// If the record is no longer a record.
    pub fn read(document: &Document<'_>, root: usize) -> Result<(Self, Vec<Place>), Fault> {
        let mut record = Self::default();
        for property in rdf::lists(document, root, OWN, "tags")? {
            let Value::List { items, .. } = property.value else {
                continue;
            };
            for item in items {
                let fields: HashMap<String, String> = rdf::fields(document, item.element, OWN).into_iter().collect();
                let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
                record.tags.push(RecordedTag {
                    label: field("label"),
                    probability: field("probability"),
                    tagger: field("tagger"),
                    version: field("taggerVersion"),
                    date: field("date"),
                });
            }
        }
        let texts = |local: &str| -> Result<Vec<String>, Fault> {
            let all = rdf::lists(document, root, OWN, local)?;
            Ok(all.iter().flat_map(|p| p.texts()).map(str::to_owned).collect())
        };
        let empty = texts("emptyBefore")?;
        for (i, field) in FIELDS.iter().enumerate() {
            record.added[i] = texts(field.added)?;
            record.empty_before[i] = empty.iter().any(|name| name == field.local);
        }
        record.created = texts("createdSidecar")?.iter().any(|text| text == "True");
        Ok((record, rdf::places(document, root, |namespace, _| namespace == OWN)))
    }

    /// Gives each tag the date of an earlier one that says the same.
    pub fn keep_dates(&mut self, earlier: &Self) {
        let dates: HashMap<[&str; 4], &String> = earlier.tags.iter().map(|t| (t.without_date(), &t.date)).collect();
        for tag in &mut self.tags {
            if let Some(date) = dates.get(&tag.without_date()) {
                tag.date = (*date).clone();
            }
        }
    }

    /// Whether both say the same; order is not part of it.
    pub fn same(&self, other: &Self) -> bool {
        let tags = |record: &Self| record.tags.iter().cloned().collect::<BTreeSet<_>>();
        let added = |record: &Self| {
            record
                .added
                .clone()
                .map(|list| list.into_iter().collect::<BTreeSet<_>>())
        };
        tags(self) == tags(other)
            && added(self) == added(other)
            && self.empty_before == other.empty_before
            && self.created == other.created
    }

    /// The properties of the record, each on lines of its own that start with a line break and `indent`; `declare` gives
    /// the namespace declarations that an element with these prefixes needs.
    pub fn write(&self, indent: &str, declare: &dyn Fn(&[&str]) -> String) -> String {
        let mut out = String::new();
        let here = declare(&["patchlight", "rdf"]);
        if self.created {
            let own = declare(&["patchlight"]);
            let _ = write!(
                out,
                "{indent}<patchlight:createdSidecar{own}>True</patchlight:createdSidecar>"
            );
        }
        let _ = write!(out, "{indent}<patchlight:tags{here}>{indent} <rdf:Bag>");
        for tag in &self.tags {
            let _ = write!(out, "{indent}  <rdf:li rdf:parseType=\"Resource\">");
            let fields = [
                ("label", &tag.label),
                ("probability", &tag.probability),
                ("tagger", &tag.tagger),
                ("taggerVersion", &tag.version),
                ("date", &tag.date),
            ];
            for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
                let _ = write!(
                    out,
                    "{indent}   <patchlight:{name}>{}</patchlight:{name}>",
                    escape(value)
                );
            }
            let _ = write!(out, "{indent}  </rdf:li>");
        }
        let _ = write!(out, "{indent} </rdf:Bag>{indent}</patchlight:tags>");
        let empty = FIELDS.iter().zip(self.empty_before).filter(|(_, empty)| *empty);
        let empty: Vec<String> = empty.map(|(field, _)| field.local.to_owned()).collect();
        let lists = FIELDS.iter().zip(&self.added).map(|(field, list)| (field.added, list));
        for (name, list) in lists
            .chain([("emptyBefore", &empty)])
            .filter(|(_, list)| !list.is_empty())
        {
            out.push_str(&list_element(&format!("patchlight:{name}"), "Bag", list, indent, &here));
        }
        out
    }
}

/// A property with a list of texts, on lines of its own.
pub fn list_element(name: &str, container: &str, texts: &[String], indent: &str, declarations: &str) -> String {
    let mut out = format!("{indent}<{name}{declarations}>{indent} <rdf:{container}>");
    for text in texts {
        let _ = write!(out, "{indent}  <rdf:li>{}</rdf:li>", escape(text));
    }
    let _ = write!(out, "{indent} </rdf:{container}>{indent}</{name}>");
    out
}

/// A moment in UTC as RFC 3339 has it, to the second. Moments before 1970 or after 9999 are taken for those years.
pub fn utc(moment: SystemTime) -> String {
    let seconds = moment
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs())
        .min(253_402_300_799);
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days are counted from 1 March of the year 0, so that a leap day is the last of its year (Hinnant, civil_from_days).
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn moments_are_calendar_dates() {
        let at = |seconds| utc(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(951_868_800), "2000-03-01T00:00:00Z");
        assert_eq!(at(1_735_689_599), "2024-12-31T23:59:59Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(at(u64::MAX / 4), "9999-12-31T23:59:59Z");
        assert_eq!(utc(UNIX_EPOCH - Duration::from_secs(5)), "1970-01-01T00:00:00Z");
    }
}
