# What statements mean, over the statements that bear on a request.
package iam

end := "explicit" if {
	some statement in data.denies
	applies(statement)
} else := "allowed" if {
	every level in data.levels {
		allows(level)
	}
	granted
} else := "implicit"

granted if allows(data.direct)

granted if {
	allows(data.granted)
	every boundary in data.boundaries {
		allows(boundary)
	}
}

allows(statements) if {
	some statement in statements
	applies(statement)
}

applies(statement) if {
	among(statement.actions, input.action) != statement.not_actions
	among(statement.resources, input.resource) != statement.not_resources
	every clause in statement.clauses {
		holds(clause)
	}
}

default among(_, _) := false

among(patterns, text) if {
	some pattern in patterns
	glob.match(pattern, null, text)
}

holds(clause) if {
	clause.operator == "Null"
	clause.values[0] == "true"
	not input.context[clause.key]
}

holds(clause) if {
	clause.operator == "Null"
	clause.values[0] == "false"
	input.context[clause.key]
}

holds(clause) if {
	clause.operator != "Null"
	clause.absent
	not input.context[clause.key]
}

holds(clause) if {
	clause.operator != "Null"
	clause.quantity == "ForAllValues"
	every value in input.context[clause.key] {
		satisfied(clause, value) != clause.negated
	}
}

holds(clause) if {
	clause.operator != "Null"
	clause.quantity != "ForAllValues"
	some value in input.context[clause.key]
	satisfied(clause, value) != clause.negated
}

default satisfied(_, _) := false

satisfied(clause, value) if {
	clause.operator in {"StringEquals", "Bool"}
	value in clause.values
}

satisfied(clause, value) if {
	clause.operator == "like"
	some pattern in clause.values
	glob.match(pattern, null, value)
}

satisfied(clause, value) if {
	clause.operator == "IpAddress"
	some network in clause.values
	net.cidr_contains(network, value)
}

satisfied(clause, _) if {
	some number in clause.values
	ordered(clause.operator, input.numbers[clause.key], number)
}

ordered("Equals", a, b) if a == b

ordered("LessThan", a, b) if a < b

ordered("LessThanEquals", a, b) if a <= b

ordered("GreaterThan", a, b) if a > b

ordered("GreaterThanEquals", a, b) if a >= b
