/* A Modbus TCP server on libmodbus; knows nothing of Seastack.
 *
 * libmodbus_server UNIT HOLDING_READ_ONLY_FROM < words
 * Standard input: lines "table address word" (0 coil, 1 discrete, 3 input, 4 holding), then an
 * empty line; each later line asks for all holding registers and coils, which are printed.
 * Prints the port when ready.  Holding registers from HOLDING_READ_ONLY_FROM on refuse writes
 * with exception 2, and no more than one client is served at a time.
 */
#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define SPACE 2048
#define SHOWN 64

static void load(modbus_mapping_t *map)
{
    char line[128];
    unsigned table, address, word;
    while (fgets(line, sizeof line, stdin) && sscanf(line, "%u %u %u", &table, &address, &word) == 3) {
        if (address >= SPACE)
            exit(2);
        if (table == 0) map->tab_bits[address] = (uint8_t)word;
        if (table == 1) map->tab_input_bits[address] = (uint8_t)word;
        if (table == 3) map->tab_input_registers[address] = (uint16_t)word;
        if (table == 4) map->tab_registers[address] = (uint16_t)word;
    }
}

static int writes_what_is_fixed(const uint8_t *query, int head, unsigned fixed_from)
{
    int function = query[head];
    unsigned first = (unsigned)(query[head + 1] << 8 | query[head + 2]);
    unsigned count = function == 6 ? 1u : (unsigned)(query[head + 3] << 8 | query[head + 4]);
    return (function == 6 || function == 16) && first + count > fixed_from;
}

static void show(const modbus_mapping_t *map)
{
    for (int i = 0; i < SHOWN; i++) printf("%u ", map->tab_registers[i]);
    for (int i = 0; i < SHOWN; i++) printf("%u ", map->tab_bits[i]);
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    modbus_t *bus = modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *map = modbus_mapping_new(SPACE, SPACE, SPACE, SPACE);
    if (!bus || !map) return 2;
    modbus_set_slave(bus, atoi(argv[1]));
    unsigned fixed_from = (unsigned)atoi(argv[2]);
    load(map);
    int door = modbus_tcp_listen(bus, 4), head = modbus_get_header_length(bus), client = -1;
    struct sockaddr_in where;
    socklen_t size = sizeof where;
    if (door < 0 || getsockname(door, (struct sockaddr *)&where, &size)) return 2;
    printf("%d\n", ntohs(where.sin_port));
    fflush(stdout);
    for (;;) {
        uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
        char line[8];
        fd_set ready;
        FD_ZERO(&ready);
        FD_SET(0, &ready);
        FD_SET(client < 0 ? door : client, &ready);
        int top = (client < 0 ? door : client) + 1;
        if (select(top, &ready, NULL, NULL, NULL) < 0) return 2;
        if (FD_ISSET(0, &ready)) {
            if (read(0, line, sizeof line) <= 0) return 0;
            show(map);
        } else if (client < 0) {
            client = modbus_tcp_accept(bus, &door);
        } else {
            int got = modbus_receive(bus, query);
            if (got < 0) {
                close(client);
                client = -1;
            } else if (got > 0 && writes_what_is_fixed(query, head, fixed_from)) {
                modbus_reply_exception(bus, query, MODBUS_EXCEPTION_ILLEGAL_DATA_ADDRESS);
            } else if (got > 0) {
                modbus_reply(bus, query, got, map);
            }
        }
    }
}
