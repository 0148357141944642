// What Go programs do with PostgreSQL through pgx: binary results, batches, COPY, notifications, cancelled contexts.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgx/v4"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	ctx := context.Background()
	connection, err := pgx.Connect(ctx, os.Getenv("E2E_DSN"))
	check(err)
	defer connection.Close(ctx)
	rows(ctx, connection)
	batch(ctx, connection)
	copied(ctx, connection)
	failed(ctx, connection)
	notified(ctx, connection)
	cancelled(ctx)
}

func rows(ctx context.Context, connection *pgx.Conn) {
	found, err := connection.Query(ctx, "SELECT id, name, born, marketing FROM customers WHERE id <= $1 ORDER BY id", 3)
	check(err)
	defer found.Close()
	for found.Next() {
		var id int64
		var name string
		var born time.Time
		var marketing bool
		check(found.Scan(&id, &name, &born, &marketing))
		fmt.Println("row", id, name, born.Format("2006-01-02"), marketing)
	}
	check(found.Err())
}

// A batch is one pipeline, with its Describes sent ahead.
func batch(ctx context.Context, connection *pgx.Conn) {
	asked := &pgx.Batch{}
	for number := 1; number <= 10; number++ {
		asked.Queue("SELECT sku FROM products WHERE id = $1", number)
	}
	answers := connection.SendBatch(ctx, asked)
	for number := 1; number <= 10; number++ {
		var sku string
		check(answers.QueryRow().Scan(&sku))
		fmt.Println("batch", sku)
	}
	check(answers.Close())
}

func copied(ctx context.Context, connection *pgx.Conn) {
	_, err := connection.Exec(ctx, "CREATE TEMP TABLE x (a int, b text)")
	check(err)
	source := pgx.CopyFromSlice(1000, func(row int) ([]interface{}, error) {
		return []interface{}{int32(row), fmt.Sprintf("row %d", row)}, nil
	})
	count, err := connection.CopyFrom(ctx, pgx.Identifier{"x"}, []string{"a", "b"}, source)
	check(err)
	fmt.Println("copied", count)
}

func failed(ctx context.Context, connection *pgx.Conn) {
	_, err := connection.Exec(ctx, "SELECT nowhere")
	var problem *pgconn.PgError
	fmt.Println("failed", errors.As(err, &problem), problem.Code, problem.Position)
	var alive int
	check(connection.QueryRow(ctx, "SELECT 1").Scan(&alive))
	fmt.Println("alive", alive)
}

func notified(ctx context.Context, connection *pgx.Conn) {
	_, err := connection.Exec(ctx, "LISTEN gophers")
	check(err)
	_, err = connection.Exec(ctx, "SELECT pg_notify('gophers', 'dig')")
	check(err)
	limited, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	heard, err := connection.WaitForNotification(limited)
	check(err)
	fmt.Println("notified", heard.Channel, heard.Payload)
}

// pgx closes a connection whose context ends; the server must not be left working.
func cancelled(ctx context.Context) {
	connection, err := pgx.Connect(ctx, os.Getenv("E2E_DSN"))
	check(err)
	limited, stop := context.WithTimeout(ctx, 300*time.Millisecond)
	defer stop()
	_, err = connection.Exec(limited, "SELECT pg_sleep(20)")
	fmt.Println("cancelled", errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err))
}
