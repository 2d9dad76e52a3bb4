# shellcheck shell=sh
# repository.sh SERVER FOLDER
# An apt repository, FOLDER, of one package that has SERVER as /usr/bin/minio and starts nothing.
server=$1 folder=$2
tree=$folder.tree
mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$folder"
cp "$server" "$tree/usr/bin/minio"
{
  echo 'Package: minio'
  echo 'Version: 1.0'
  echo 'Architecture: amd64'
  echo 'Maintainer: Lab <lab@example.com>'
  echo 'Description: the object store of a test'
} > "$tree/DEBIAN/control"
dpkg-deb --build --root-owner-group -Znone "$tree" "$folder/minio.deb" > /dev/null
{
  cat "$tree/DEBIAN/control"
  echo 'Filename: ./minio.deb'
  echo "Size: $(stat --format=%s "$folder/minio.deb")"
  echo "SHA256: $(sha256sum "$folder/minio.deb" | cut -d ' ' -f 1)"
} > "$folder/Packages"
rm -r "$tree"
