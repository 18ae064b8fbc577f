//! Parquet, a file for each deployment: `answers/deployment_id=d-…/answers.parquet`.

use super::{ColumnType, Datum, Table};
use crate::diag::Error;
use crate::exchange::text::CANNOT_EXPORT;
use crate::model::Date;
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of a table, by path. The first column is the partition: it is in the folder's name and in no file.
pub(super) fn partitions(table: &Table) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut by_deployment: BTreeMap<String, Vec<&[Datum]>> = BTreeMap::new();
    for row in &table.rows {
        if let Some((id, rest)) = row.split_first() {
            by_deployment.entry(id.text()).or_default().push(rest);
        }
    }
    by_deployment
        .into_iter()
        .map(|(id, rows)| {
            let path = format!("{}/deployment_id={id}/{}.parquet", table.name, table.name);
            let bytes = write(table, &rows).map_err(|error| {
                Error::new(&CANNOT_EXPORT, format!("`{path}` cannot be written: {error}"))
            })?;
            Ok((path, bytes))
        })
        .collect()
}

fn write(table: &Table, rows: &[&[Datum]]) -> Result<Vec<u8>, ParquetError> {
    let columns = table.columns.get(1..).unwrap_or_default();
    let fields = columns
        .iter()
        .map(|column| {
            let (physical, logical, converted) = match column.kind {
                ColumnType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String), ConvertedType::UTF8),
                ColumnType::Number => (Physical::INT64, None, ConvertedType::NONE),
                ColumnType::Date => (Physical::INT32, Some(LogicalType::Date), ConvertedType::DATE),
                ColumnType::Truth => (Physical::BOOLEAN, None, ConvertedType::NONE),
            };
            let field = Type::primitive_type_builder(column.name, physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(logical)
                .with_converted_type(converted)
                .build()?;
            Ok(Arc::new(field))
        })
        .collect::<Result<Vec<_>, ParquetError>>()?;
    let schema = Arc::new(Type::group_type_builder(table.name).with_fields(fields).build()?);
    // The name of the writer is in the file; it is tom's, so that the same input gives the same bytes.
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("tom ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for at in 0..columns.len() {
        let Some(mut column) = group.next_column()? else { break };
        let data: Vec<&Datum> = rows.iter().filter_map(|row| row.get(at)).collect();
        put(column.untyped(), &data)?;
        column.close()?;
    }
    group.close()?;
    writer.into_inner()
}

/// Writes the values of a column, with where there are none.
fn put(writer: &mut ColumnWriter<'_>, data: &[&Datum]) -> Result<(), ParquetError> {
    let levels: Vec<i16> = data.iter().map(|datum| i16::from(**datum != Datum::None)).collect();
    match writer {
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let texts = data.iter().filter(|datum| ***datum != Datum::None);
            let values: Vec<ByteArray> =
                texts.map(|datum| ByteArray::from(datum.text().into_bytes())).collect();
            writer.write_batch(&values, Some(&levels), None)?;
        }
        ColumnWriter::Int64ColumnWriter(writer) => {
            let values: Vec<i64> =
                data.iter().filter_map(|d| if let Datum::Number(n) = d { Some(*n) } else { None }).collect();
            writer.write_batch(&values, Some(&levels), None)?;
        }
        ColumnWriter::Int32ColumnWriter(writer) => {
            let values: Vec<i32> = data
                .iter()
                .filter_map(|d| if let Datum::Date(date) = d { Some(days(*date)) } else { None })
                .collect();
            writer.write_batch(&values, Some(&levels), None)?;
        }
        ColumnWriter::BoolColumnWriter(writer) => {
            let values: Vec<bool> =
                data.iter().filter_map(|d| if let Datum::Truth(t) = d { Some(*t) } else { None }).collect();
            writer.write_batch(&values, Some(&levels), None)?;
        }
        _ => return Err(ParquetError::General("a column of a form that no table has".to_owned())),
    }
    Ok(())
}

/// Days since 1970.
fn days(date: Date) -> i32 {
    Date::new(1970, 1, 1).ok().and_then(|first| date.since(first).ok()).map_or(0, |span| span.get_days())
}
