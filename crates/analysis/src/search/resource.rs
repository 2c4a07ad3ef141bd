//! The resource of a query.

use policy::Polarity;

use super::Search;
use crate::boxes::{Block, Resources};
use crate::budget::Exhausted;
use crate::facts::Target;
use crate::pattern::{Pattern, Token};
use crate::words;

impl<'p> Search<'p, '_> {
    /// A resource that every part takes and none of the rest.
    pub(super) fn resource(
        &mut self,
        parts: &[&Block<'p>],
        rest: &[&Resources],
        target: &Target,
    ) -> Result<Option<String>, Exhausted> {
        let of_parts: Vec<&Resources> = parts.iter().filter_map(|part| part.resources.as_ref()).collect();
        // A request without a resource is matched by a lone star only.
        let takes_nothing =
            |resources: &&Resources| resources.every == (resources.polarity == Polarity::Listed);
        let can_be_nothing = of_parts.iter().all(&takes_nothing) && !rest.iter().any(takes_nothing);
        match target {
            Target::Any | Target::Nothing if can_be_nothing => return Ok(Some("*".to_owned())),
            Target::Nothing => return Ok(None),
            Target::Any | Target::Arns(_) => {}
        }
        let listed: Vec<&Resources> = of_parts
            .iter()
            .copied()
            .filter(|resources| resources.polarity == Polarity::Listed && !resources.every)
            .collect();
        // What stands for a variable in one entry may be plain text in another.
        let widened: Vec<Vec<Pattern>> = listed
            .iter()
            .map(|resources| {
                let is_alone = listed.len() == 1 && !matches!(target, Target::Arns(_));
                resources.globs.iter().map(|glob| if is_alone { glob.clone() } else { widen(glob) }).collect()
            })
            .collect();
        let any: Pattern = Box::new([Token::One, Token::Many]);
        let symbols: Vec<Pattern> = self
            .symbols
            .iter()
            .map(|symbol| -> Pattern { Box::new([Token::Many, Token::Variable(*symbol), Token::Many]) })
            .collect();
        let mut wanted: Vec<Vec<&Pattern>> = widened.iter().map(|globs| globs.iter().collect()).collect();
        let mut unwanted: Vec<&Pattern> = Vec::new();
        for resources in of_parts.iter().filter(|resources| resources.polarity == Polarity::AllBut) {
            if resources.every {
                return Ok(None);
            }
            unwanted.extend(&resources.globs);
        }
        for resources in rest {
            match resources.polarity {
                Polarity::Listed if resources.every => return Ok(None),
                Polarity::Listed => unwanted.extend(&resources.globs),
                Polarity::AllBut if resources.every => {}
                Polarity::AllBut => wanted.push(resources.globs.iter().chain(&symbols).collect()),
            }
        }
        let arn = crate::pattern::any_arn();
        if let Target::Arns(formats) = target {
            wanted.push(formats.iter().collect());
        }
        if wanted.is_empty() {
            // An ARN rather than any text, where there is one.
            if let Some(text) = words::find(&[vec![&arn]], &unwanted, self.meter)? {
                return Ok(Some(text));
            }
            wanted.push(vec![&any]);
        }
        words::find(&wanted, &unwanted, self.meter)
    }
}

fn widen(glob: &Pattern) -> Pattern {
    let widened = glob.iter().map(|token| if let Token::Variable(_) = token { Token::Many } else { *token });
    widened.collect()
}
