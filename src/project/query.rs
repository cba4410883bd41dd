//! The pictures that a window shows: filtered, sorted, in pages.

use super::error::Result;
use super::store::Project;
use crate::dataset::model::{Split, Truth};
use rusqlite::ToSql;
use unicode_normalization::UnicodeNormalization;

/// Which pictures, and in which order. The default is all in data order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Pictures of a split.
    pub split: SplitFilter,
    /// All of these must hold.
    pub labels: Vec<LabelTest>,
    /// Only pictures on which a person gave or took a label.
    pub edited: bool,
    /// A part of the name, whatever its case.
    pub text: Option<String>,
    pub sort: Sort,
    /// How many pictures to pass over.
    pub offset: usize,
    /// How many pictures to give at most; `None` for all.
    pub limit: Option<usize>,
}

/// Pictures of a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SplitFilter {
    /// Of any and of none.
    #[default]
    All,
    In(Split),
    Without,
}

/// What must hold of a label on a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelTest {
    /// Its truth is this.
    Truth { label: i64, truth: Truth },
    /// A run predicts it with at least this probability.
    Predicted {
        label: i64,
        run: String,
        /// From 0 to 1.
        at_least: f32,
    },
    /// A run predicts the opposite of the truth: it is negative at this probability or more, or positive below it.
    Contradicted {
        label: i64,
        run: String,
        /// From 0 to 1.
        threshold: f32,
    },
    /// No person has said anything about it yet.
    Unreviewed { label: i64 },
    /// No label is positive.
    Unlabelled,
}

/// An order. Equal ones are in data order; pictures without a prediction come last.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Sort {
    /// As the data came.
    #[default]
    Position,
    Name,
    /// By the probability that a run gives a label.
    Probability {
        label: i64,
        run: String,
        descending: bool,
    },
}

impl Project {
    /// Ids of the pictures that a filter lets through, in its order.
    pub fn query(&self, filter: &Filter) -> Result<Vec<i64>> {
        let limit = filter.limit.unwrap_or(usize::MAX);
        let mut sql = Sql::default();
        let mut conditions: Vec<String> = filter.labels.iter().map(|test| sql.label(test)).collect();
        match filter.split {
            SplitFilter::All => {}
            SplitFilter::In(split) => conditions.push(format!("p.split = '{split}'")),
            SplitFilter::Without => conditions.push("p.split IS NULL".to_owned()),
        }
        if filter.edited {
            let edited = "EXISTS (SELECT 1 FROM edited_values WHERE picture = p.id AND origin = 'human')";
            conditions.push(edited.to_owned());
        }
        let order = sql.order(&filter.sort);
        let conditions = if conditions.is_empty() {
            "1".to_owned()
        } else {
            conditions.join(" AND ")
        };
        let text = format!("SELECT p.id, p.name FROM pictures p WHERE {conditions} ORDER BY {order}");
        let values: Vec<&dyn ToSql> = sql.values.iter().map(AsRef::as_ref).collect();
        let wanted = filter.text.as_deref().map(folded).filter(|text| !text.is_empty());
        self.read(|db| {
            let mut query = db.prepare_cached(&text)?;
            let mut rows = query.query(values.as_slice())?;
            let (mut found, mut passed) = (Vec::new(), 0);
            while found.len() < limit
                && let Some(row) = rows.next()?
            {
                // SQLite folds the case of ASCII letters only, so names are compared here.
                if let Some(wanted) = &wanted
                    && !folded(row.get_ref(1)?.as_str()?).contains(wanted)
                {
                    continue;
                }
                if passed < filter.offset {
                    passed += 1;
                } else {
                    found.push(row.get(0)?);
                }
            }
            Ok(found)
        })
    }
}

/// For comparing what people type with names: composed, lower case.
fn folded(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).collect()
}

/// Truth of the label `{label}` on the picture `p`. Written out, so that SQLite looks up two rows by their keys.
const TRUTH: &str = "coalesce(
    (SELECT value FROM edited_values WHERE picture = p.id AND label = {label} AND origin = 'human'),
    (SELECT value FROM source_values WHERE picture = p.id AND label = {label}), p.absent)";

const PROBABILITY: &str = "(SELECT r.probability FROM predictions r JOIN prediction_sets s ON s.id = r.prediction_set
    WHERE s.run = {run} AND r.label = {label} AND r.picture = p.id)";

/// A query in the making, with the values of its parameters.
#[derive(Default)]
struct Sql {
    values: Vec<Box<dyn ToSql>>,
}

impl Sql {
    /// The parameter that stands for `value`.
    fn bind(&mut self, value: impl ToSql + 'static) -> String {
        self.values.push(Box::new(value));
        format!("?{}", self.values.len())
    }

    fn truth(&mut self, label: i64) -> String {
        TRUTH.replace("{label}", &self.bind(label))
    }

    fn probability(&mut self, run: &str, label: i64) -> String {
        let (run, label) = (self.bind(run.to_owned()), self.bind(label));
        PROBABILITY.replace("{run}", &run).replace("{label}", &label)
    }

    fn label(&mut self, test: &LabelTest) -> String {
        match test {
            LabelTest::Truth { label, truth } => {
                let (found, wanted) = (self.truth(*label), self.bind(truth.value()));
                format!("{found} = {wanted}")
            }
            LabelTest::Predicted { label, run, at_least } => {
                let (found, least) = (self.probability(run, *label), self.bind(*at_least));
                format!("{found} >= {least}")
            }
            LabelTest::Contradicted { label, run, threshold } => {
                let (truth, found) = (self.truth(*label), self.probability(run, *label));
                let threshold = self.bind(*threshold);
                format!("CASE {truth} WHEN 1 THEN {found} < {threshold} WHEN 0 THEN {found} >= {threshold} ELSE 0 END")
            }
            LabelTest::Unreviewed { label } => {
                let label = self.bind(*label);
                format!(
                    "NOT EXISTS (SELECT 1 FROM edited_values
                     WHERE picture = p.id AND label = {label} AND origin = 'human')"
                )
            }
            LabelTest::Unlabelled => "NOT EXISTS (SELECT 1 FROM truth t JOIN labels l ON l.id = t.label
                 WHERE t.picture = p.id AND t.value = 1 AND l.deleted = 0)"
                .to_owned(),
        }
    }

    fn order(&mut self, sort: &Sort) -> String {
        match sort {
            Sort::Position => "p.position, p.id".to_owned(),
            Sort::Name => "p.name COLLATE NOCASE, p.name, p.position".to_owned(),
            Sort::Probability { label, run, descending } => {
                let direction = if *descending { "DESC" } else { "ASC" };
                format!("{} {direction} NULLS LAST, p.position", self.probability(run, *label))
            }
        }
    }
}
