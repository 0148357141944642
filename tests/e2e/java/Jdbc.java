// What Java programs do with PostgreSQL: prints one line of results per step, the same by either route.

import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Properties;
import org.postgresql.PGConnection;

public class Jdbc {
    public static void main(String[] arguments) throws Exception {
        Properties login = new Properties();
        login.setProperty("user", System.getenv("PGUSER"));
        login.setProperty("password", System.getenv("PGPASSWORD"));
        login.setProperty("sslmode", System.getenv("PGSSLMODE"));
        if (System.getenv("PGSSLROOTCERT") != null) {
            login.setProperty("sslrootcert", System.getenv("PGSSLROOTCERT"));
        }
        String host = System.getenv("PGHOST") + ":" + System.getenv("PGPORT");
        String url = "jdbc:postgresql://" + host + "/" + System.getenv("PGDATABASE");
        try (Connection connection = DriverManager.getConnection(url, login)) {
            rows(connection);
            prepared(connection);
            batch(connection);
            fetched(connection);
            copied(connection);
            failed(connection);
            described(connection);
            cancelled(connection);
        }
    }

    static void rows(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT id, name, born FROM customers ORDER BY id LIMIT 3")) {
            while (found.next()) {
                System.out.println("row " + found.getLong(1) + " " + found.getString(2) + " " + found.getDate(3));
            }
        }
    }

    // From the fifth use on the driver names the statement, and asks for binary results.
    static void prepared(Connection connection) throws SQLException {
        String query = "SELECT id, price, placed_at FROM orders JOIN order_items ON order_id = id WHERE id = ? AND line = 1";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            for (int id = 1; id <= 12; id++) {
                statement.setLong(1, id);
                try (ResultSet found = statement.executeQuery()) {
                    found.next();
                    System.out.println("prepared " + found.getLong(1) + " " + found.getBigDecimal(2));
                }
            }
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT ?::int[], ?::text")) {
            Array numbers = connection.createArrayOf("int4", new Integer[] {1, null, 3});
            statement.setArray(1, numbers);
            statement.setString(2, null);
            try (ResultSet found = statement.executeQuery()) {
                found.next();
                System.out.println("array " + found.getArray(1) + " " + found.getString(2));
            }
        }
    }

    static void batch(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE j (a int, b text) ON COMMIT PRESERVE ROWS");
        }
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO j VALUES (?, ?)")) {
            for (int number = 0; number < 500; number++) {
                statement.setInt(1, number);
                statement.setString(2, "row " + number);
                statement.addBatch();
            }
            System.out.println("batch " + Arrays.stream(statement.executeBatch()).sum());
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    // In a transaction, a fetch size makes the driver execute a portal in parts.
    static void fetched(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (PreparedStatement statement = connection.prepareStatement("SELECT a FROM j ORDER BY a")) {
            statement.setFetchSize(37);
            long total = 0;
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    total += found.getLong(1);
                }
            }
            System.out.println("fetched " + total);
        }
        connection.rollback();
        connection.setAutoCommit(true);
    }

    static void copied(Connection connection) throws Exception {
        var copying = connection.unwrap(PGConnection.class).getCopyAPI();
        System.out.println("copied in " + copying.copyIn("COPY j FROM STDIN", new StringReader("1000\tx\n1001\ty\n")));
        StringWriter out = new StringWriter();
        System.out.println("copied out " + copying.copyOut("COPY (SELECT * FROM j WHERE a >= 1000) TO STDOUT", out));
        System.out.println(out.toString().trim());
    }

    static void failed(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO products VALUES (1, 'SKU-00001', 'x', 1, 1, '{}')");
        } catch (SQLException error) {
            System.out.println("failed " + error.getSQLState() + " " + error.getMessage().lines().findFirst().get());
        }
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT 'alive'")) {
            found.next();
            System.out.println(found.getString(1));
        }
    }

    static void described(Connection connection) throws SQLException {
        try (ResultSet columns = connection.getMetaData().getColumns(null, "public", "customers", null)) {
            while (columns.next()) {
                System.out.println("column " + columns.getString("COLUMN_NAME") + " " + columns.getString("TYPE_NAME"));
            }
        }
        try (ResultSet keys = connection.getMetaData().getPrimaryKeys(null, "public", "order_items")) {
            while (keys.next()) {
                System.out.println("key " + keys.getString("COLUMN_NAME"));
            }
        }
    }

    static void cancelled(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            statement.execute("SELECT pg_sleep(20)");
        } catch (SQLException error) {
            System.out.println("cancelled " + error.getSQLState());
        }
    }
}
