//! The code generated per kind: the enum of kinds, the machines of a world, and the dispatch.

/// Generates the code per kind from the registry, so that no kind is missing anywhere.
macro_rules! kinds {
    ($($group:ident { $($line:tt)* })*) => {
        kinds! { each: $($($line)*)* }
    };
    (each: $($(#[$when:meta])* $kind:ident: $machine:ty => $store:ident;)*) => {
        /// A kind of mechanism.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$when])* #[expect(missing_docs)] $kind),*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$($(#[$when])* Self::$kind),*];

            /// Name in results.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($(#[$when])* Self::$kind => <$machine as Mechanism>::KIND),* }
            }

            /// Number of words of a call's memory.
            #[must_use]
            pub const fn words(self) -> u32 {
                match self { $($(#[$when])* Self::$kind => <$machine as Mechanism>::WORDS),* }
            }

            /// The word with a timer, if there is one.
            #[must_use]
            pub const fn timer(self) -> Option<u32> {
                match self { $($(#[$when])* Self::$kind => <$machine as Mechanism>::TIMER),* }
            }

            /// The word with the deadline of what is below, if there is one.
            #[must_use]
            pub const fn deadline(self) -> Option<u32> {
                match self { $($(#[$when])* Self::$kind => <$machine as Mechanism>::DEADLINE),* }
            }

            /// Owner of its timers.
            #[must_use]
            pub const fn wakes(self) -> Wakes {
                match self { $($(#[$when])* Self::$kind => <$machine as Mechanism>::WAKES),* }
            }

            /// Calls below its seats.
            #[must_use]
            pub const fn below(self) -> Below {
                match self { $($(#[$when])* Self::$kind => <$machine as Mechanism>::BELOW),* }
            }

            /// Events of requests at its seats, by the file that defines them.
            #[must_use]
            pub const fn events(self) -> &'static [&'static [EventKind]] {
                match self { $($(#[$when])* Self::$kind => <$machine as Mechanism>::EVENTS),* }
            }

            /// Metrics, in the order of results.
            #[must_use]
            pub const fn metrics(self) -> &'static [&'static Quantity] {
                match self { $($(#[$when])* Self::$kind => <$machine as Mechanism>::METRICS),* }
            }
        }

        /// The machines of a world, by kind.
        #[derive(Clone, Debug, Default)]
        pub struct Machines {
            $($(#[$when])* pub(in crate::model) $store: Vec<$machine>),*
        }

        /// A mechanism of the registry.
        pub trait Kept: Mechanism + Sized {
            /// Kind of the mechanism.
            const IS: Kind;

            /// The machines of the kind in a world.
            fn of(machines: &mut Machines) -> &mut Vec<Self>;
        }

        $($(#[$when])* impl Kept for $machine {
            const IS: Kind = Kind::$kind;

            fn of(machines: &mut Machines) -> &mut Vec<Self> {
                &mut machines.$store
            }
        })*

        impl Machines {
            #[inline(always)]
            pub(in crate::model) fn enter<C: Calendar, P: Probe>(
                &mut self,
                cx: &mut Context<C, P>,
                at: &At<'_>,
            ) -> Flow {
                let index = at.seat.index as usize;
                match at.seat.kind {
                    $($(#[$when])* Kind::$kind => self.$store[index].enter(cx, at)),*
                }
            }

            #[inline(always)]
            pub(in crate::model) fn exit<C: Calendar, P: Probe>(
                &mut self,
                cx: &mut Context<C, P>,
                at: &At<'_>,
                port: Port,
                outcome: Outcome,
            ) -> Flow {
                let index = at.seat.index as usize;
                match at.seat.kind {
                    $($(#[$when])* Kind::$kind => self.$store[index].exit(cx, at, port, outcome)),*
                }
            }

            #[inline(always)]
            pub(in crate::model) fn wake<C: Calendar, P: Probe>(
                &mut self,
                cx: &mut Context<C, P>,
                at: &At<'_>,
            ) -> Flow {
                let index = at.seat.index as usize;
                match at.seat.kind {
                    $($(#[$when])* Kind::$kind => self.$store[index].wake(cx, at)),*
                }
            }

            pub(in crate::model) fn goes_on<C: Calendar, P: Probe>(
                &self,
                cx: &Context<C, P>,
                at: &At<'_>,
            ) -> bool {
                let index = at.seat.index as usize;
                match at.seat.kind {
                    $($(#[$when])* Kind::$kind => self.$store[index].goes_on(cx, at)),*
                }
            }

            pub(in crate::model) fn leave<C: Calendar, P: Probe>(
                &mut self,
                cx: &mut Context<C, P>,
                at: &At<'_>,
                leaving: Leaving,
            ) {
                let index = at.seat.index as usize;
                match at.seat.kind {
                    $($(#[$when])* Kind::$kind => self.$store[index].leave(cx, at, leaving)),*
                }
            }

            pub(in crate::model) fn hand_on<C: Calendar, P: Probe>(
                &mut self,
                cx: &mut Context<C, P>,
                at: &At<'_>,
                port: Option<Port>,
            ) -> Option<(CallId, Port)> {
                let index = at.seat.index as usize;
                match at.seat.kind {
                    $($(#[$when])* Kind::$kind => self.$store[index].hand_on(cx, at, port)),*
                }
            }

            pub(in crate::model) fn taken(&self, seat: &Seat) -> Option<u64> {
                let index = seat.index as usize;
                match seat.kind {
                    $($(#[$when])* Kind::$kind => self.$store[index].taken()),*
                }
            }

            pub(in crate::model) fn is_taken_by<C: Calendar, P: Probe>(
                &self,
                cx: &Context<C, P>,
                seat: &Seat,
                call: CallId,
            ) -> bool {
                let index = seat.index as usize;
                match seat.kind {
                    $($(#[$when])* Kind::$kind => self.$store[index].is_taken_by(cx, call)),*
                }
            }

            pub(in crate::model) fn inside(&self, seat: &Seat) -> Option<u64> {
                let index = seat.index as usize;
                match seat.kind {
                    $($(#[$when])* Kind::$kind => self.$store[index].inside()),*
                }
            }

            pub(in crate::model) fn fork(&mut self, branch: u64) {
                $($(#[$when])* for machine in &mut self.$store { machine.fork(branch) })*
            }

            pub(in crate::model) fn memory(&self) -> u64 {
                let mut sum = 0;
                $($(#[$when])* { sum += self.$store.iter().map(Mechanism::memory).sum::<u64>(); })*
                sum
            }

            pub(in crate::model) fn measure<C: Calendar, P: Probe>(
                &mut self,
                cx: &mut Context<C, P>,
                seat: &Seat,
                at: Instant,
                into: &mut impl Measurements,
            ) {
                let index = seat.index as usize;
                match seat.kind {
                    $($(#[$when])* Kind::$kind => self.$store[index].measure(cx, seat, at, into)),*
                }
            }
        }
    };
}
