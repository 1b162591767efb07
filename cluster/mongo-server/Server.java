import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/**
 * Speaks MongoDB's wire protocol where no mongod can be had: Server PORT [FILE]. Without a file it keeps the data in
 * memory. It ends when its standard input does, so that it never outlives the tests that started it.
 */
public class Server {
  public static void main(String[] args) throws Exception {
    var server = new MongoServer(args.length > 1 ? new H2Backend(args[1]) : new MemoryBackend());
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
    server.bind("127.0.0.1", Integer.parseInt(args[0]));
    System.in.transferTo(java.io.OutputStream.nullOutputStream());
    System.exit(0);
  }
}
