#ifndef WARD_I2C_H
#define WARD_I2C_H

/* An I2C bus by the kernel's character device. Functions answer 0 or more on success and a negated errno otherwise. */

/* Opens the bus with that number, /dev/i2c-N. */
int ward_i2c_open(int bus);

/* One transaction: sends bytes, 0 or more, and receives others, 0 or more, after a repeated start. */
int ward_i2c_transfer(int descriptor, int address, const unsigned char *sent, int sent_count, unsigned char *received, int received_count);

enum { WARD_I2C_NOBODY = 1, WARD_I2C_STUCK, WARD_I2C_GONE };

/* What an error of these means. Of an absent chip some drivers say that time passed. */
int ward_i2c_meaning(int error);

#endif
