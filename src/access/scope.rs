//! The 18 scopes of a secret key, a closed list. A `write` scope does not include `read`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! scopes {
    ($($scope:ident $name:literal $meaning:literal)*) => {
        /// One permission of a secret key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Scope { $(#[doc = $meaning] $scope),* }

        impl Scope {
            /// Every scope, in the order of the scope table.
            pub const ALL: &'static [Scope] = &[$(Scope::$scope),*];

            /// Its name in keys and documents.
            pub const fn name(self) -> &'static str { match self { $(Scope::$scope => $name),* } }

            /// What it allows.
            pub const fn meaning(self) -> &'static str { match self { $(Scope::$scope => $meaning),* } }
        }
    };
}

scopes! {
    ClassesRead "classes:read" "List classes."
    ClassesWrite "classes:write" "Create, change and cancel classes."
    ContentRead "content:read" "List on-demand content."
    ContentWrite "content:write" "Change and delete on-demand content."
    CouponsRead "coupons:read" "List coupons."
    CouponsWrite "coupons:write" "Create and delete coupons."
    InstructorsRead "instructors:read" "List instructors, with their private contact data."
    InstructorsWrite "instructors:write" "Create and change instructors."
    LocationsRead "locations:read" "List locations and their rooms."
    LocationsWrite "locations:write" "Create, change and delete locations and their rooms."
    MembersRead "members:read" "List members, with their personal data."
    MembersWrite "members:write" "Invite and change members, cancel memberships."
    PlansRead "plans:read" "List plans."
    PlansWrite "plans:write" "Create, change and archive plans."
    ProgramsRead "programs:read" "List programs."
    ProgramsWrite "programs:write" "Create and change programs."
    ScheduleRead "schedule:read" "List the schedule."
    ScheduleWrite "schedule:write" "Reschedule, cancel and reinstate occurrences."
}

/// The text is not a scope.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{0}` is not a scope; the scopes are {list}", list = Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownScope(String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(name: &str) -> Result<Self, UnknownScope> {
        Scope::ALL.iter().copied().find(|scope| scope.name() == name).ok_or_else(|| UnknownScope(name.to_owned()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// A key's scopes, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet(u32);

impl ScopeSet {
    /// Whether the set contains this scope.
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// Whether the other set contains every scope of this one.
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether it has no scope.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes, in the order of the scope table.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.has(*scope))
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | (1 << scope as u8)))
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::name).collect();
        out.write_str(&names.join(" "))
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Scope::name))
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(from)?;
        names.iter().map(|name| name.parse()).collect::<Result<_, _>>().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_eighteen_scopes_and_each_is_named_once() {
        let mut names: Vec<_> = Scope::ALL.iter().map(|scope| scope.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 18);
    }

    #[test]
    fn a_write_scope_does_not_imply_read() {
        let set: ScopeSet = [Scope::ClassesWrite].into_iter().collect();
        assert!(set.has(Scope::ClassesWrite) && !set.has(Scope::ClassesRead));
    }
}
