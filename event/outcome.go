package event

// Outcome is what became of an event, from best to worst. Over a fan-out the worst one wins.
type Outcome uint8

// The outcomes.
const (
	Delivered Outcome = iota
	Filtered          // left out by a stage, or by a format that has no place for it
	Folded            // counted in a summary event instead
	Rejected          // the far side will never take it
	Shed              // no room, by choice of when_full
	Aborted           // still undelivered when the program had to end
)

var outcomeNames = [...]string{"delivered", "filtered", "summarised", "rejected", "shed", "aborted"}

// String is the outcome's name in metrics and logs.
func (o Outcome) String() string { return outcomeNames[o] }
