// What Go programs do with PostgreSQL through database/sql and lib/pq: prints one line of results per step.
package main

import (
	"database/sql"
	"fmt"
	"log"
	"os"

	"github.com/lib/pq"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	db, err := sql.Open("postgres", os.Getenv("E2E_DSN"))
	check(err)
	defer db.Close()
	rows(db)
	prepared(db)
	copied(db)
	failed(db)
}

func rows(db *sql.DB) {
	found, err := db.Query("SELECT id, name FROM customers WHERE id <= $1 ORDER BY id", 3)
	check(err)
	defer found.Close()
	for found.Next() {
		var id int64
		var name string
		check(found.Scan(&id, &name))
		fmt.Println("row", id, name)
	}
	check(found.Err())
}

func prepared(db *sql.DB) {
	statement, err := db.Prepare("SELECT array_agg(sku ORDER BY id) FROM products WHERE id = ANY($1)")
	check(err)
	defer statement.Close()
	for last := int64(1); last <= 3; last++ {
		var names []string
		check(statement.QueryRow(pq.Array([]int64{last, last + 1})).Scan(pq.Array(&names)))
		fmt.Println("prepared", names)
	}
}

func copied(db *sql.DB) {
	transaction, err := db.Begin()
	check(err)
	_, err = transaction.Exec("CREATE TEMP TABLE g (a int, b text)")
	check(err)
	statement, err := transaction.Prepare(pq.CopyIn("g", "a", "b"))
	check(err)
	for number := 0; number < 1000; number++ {
		_, err = statement.Exec(number, fmt.Sprintf("row %d", number))
		check(err)
	}
	_, err = statement.Exec()
	check(err)
	check(statement.Close())
	var count, total int
	check(transaction.QueryRow("SELECT count(*), sum(a) FROM g").Scan(&count, &total))
	fmt.Println("copied", count, total)
	check(transaction.Rollback())
}

func failed(db *sql.DB) {
	_, err := db.Exec("SELECT 1 / 0")
	problem, known := err.(*pq.Error)
	fmt.Println("failed", known, problem.Code, problem.Message)
	var alive int
	check(db.QueryRow("SELECT 1").Scan(&alive))
	fmt.Println("alive", alive)
}
