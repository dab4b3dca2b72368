# Compiles mbedTLS and Expat from their sources, lean, into a sysroot. To be sourced.
# Each takes the folder of its sources; $sysroot, $configs, $work and the
# variables of targets.sh tell the rest.

library_flags() {
    # Parsers of what strangers send: their stacks are guarded.
    printf '%s\n' --target="$clang_target" --sysroot="$sysroot" "${machine_flags[@]}" -Os -DNDEBUG \
        -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-ident \
        -fstack-protector-strong -ffile-prefix-map="$work"=. -w
}

# library NAME SOURCES FLAG… -- FILE…   (files by their names without .c, in the folder SOURCES)
library() {
    local name=$1 sources=$2 flags=() base=() objects
    shift 2
    while [ "$1" != -- ]; do flags+=("$1"); shift; done
    shift
    mapfile -t base < <(library_flags)
    objects=$work/objects/$name
    mkdir -p "$objects"
    printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -I '{}' \
        "$toolchain/clang" "${base[@]}" "${flags[@]}" -c "$sources/{}.c" -o "$objects/{}.o" || {
        echo "could not compile $name for $target (see above)" >&2
        return 1
    }
    local files=("${@/#/$objects/}")
    # D: no times or owners in the archive, the same inputs give the same bytes.
    "$toolchain/llvm-ar" rcsD "$sysroot/usr/lib/lib$name.a" "${files[@]/%/.o}"
}

library_mbedtls() {
    local source=$1
    mkdir -p "$sysroot/usr/include/mbedtls"
    cp "$source"/include/mbedtls/*.h "$sysroot/usr/include/mbedtls/"
    # In the place of its own, so that whoever includes the headers sees the same structs.
    cp "$configs/mbedtls_config.h" "$sysroot/usr/include/mbedtls/config.h"
    local library=$source/library
    library mbedtls "$library" -I"$library" -- ssl_ciphersuites ssl_cli ssl_msg ssl_tls || return 1
    library mbedx509 "$library" -I"$library" -- x509 x509_crt || return 1
    library mbedcrypto "$library" -I"$library" -- aes aesni asn1parse asn1write base64 bignum chacha20 \
        chachapoly cipher cipher_wrap constant_time ctr_drbg ecdh ecdsa ecp ecp_curves gcm md oid pem \
        pk pk_wrap pkcs5 pkparse platform_util poly1305 rsa rsa_internal sha1 sha256 sha512
}

library_expat() {
    local source=$1/expat/lib
    cp "$source"/expat.h "$source"/expat_external.h "$sysroot/usr/include/"
    library expat "$source" -I"$configs" -I"$source" -DHAVE_EXPAT_CONFIG_H -DXML_STATIC -- \
        xmlparse xmlrole xmltok
}
